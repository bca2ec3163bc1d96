/** The stand-in must be true to others too: a client for WeChat Pay that this project did not write. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Rsa, Wechatpay } from "wechatpay-axios-plugin";
import { type RunningSandbox, startSandbox } from "./sandbox-harness.ts";
import type { WechatAccount } from "./wechat-caller.ts";

let sandbox: RunningSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());

/** The parts of the client's call chain that are used here; its own types stop short of smartguide. */
interface Verbs {
  get(config: object): Promise<{ status: number; data: Record<string, unknown> }>;
  post(body: object, config: object): Promise<{ status: number; data: Record<string, unknown> }>;
  patch(body: object, config: object): Promise<{ status: number; data: Record<string, unknown> }>;
}
interface Guides extends Verbs {
  "{guide_id}": Verbs & { assign: Verbs };
}

function clientOf(alias: "DEMO" | "DIRECT") {
  const { wechat } = JSON.parse(sandbox.environment.edge[`MERCHANT_${alias}`] ?? "") as { wechat: WechatAccount };
  const [serial, publicKey] = Object.entries(wechat.publicKeys ?? {})[0] ?? ["", ""];
  const client: unknown = new Wechatpay({
    mchid: wechat.mchid,
    serial: wechat.serialNo,
    privateKey: wechat.privateKey,
    certs: { [serial]: publicKey },
    baseURL: sandbox.origin,
  });
  const { guides } = (client as { v3: { smartguide: { guides: Guides } } }).v3.smartguide;
  return {
    guides,
    headers: { "Wechatpay-Serial": serial },
    encrypt: (plain: string) => Rsa.encrypt(plain, publicKey),
    decrypt: (ciphertext: unknown) => Rsa.decrypt(String(ciphertext), wechat.privateKey),
  };
}

/** What the client throws, as far as it is looked at here. */
interface ClientError {
  code?: string;
  response?: { status: number; data: Record<string, unknown> };
}

const errorOf = (call: Promise<unknown>): Promise<ClientError> =>
  call.then(
    () => assert.fail("the call was not refused"),
    (reason: ClientError) => reason,
  );

/** The refusal that a call must end in. */
async function refusalOf(call: Promise<unknown>): Promise<{ status: number; code: unknown; message: unknown }> {
  const { response } = await errorOf(call);
  assert.ok(response);
  return { status: response.status, code: response.data.code, message: response.data.message };
}

const person = {
  corpid: "ww1234567890abcdef",
  userid: "zhangsan",
  qr_code: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc1",
  avatar: "https://wx.qlogo.cn/mmhead/1/0",
};

test("a partner registers, finds, updates and assigns a guide, with the client's own signing, encryption and verification", async () => {
  const { guides, headers, encrypt, decrypt } = clientOf("DEMO");
  const sub_mchid = "1900000109";
  const registered = await guides.post(
    { ...person, sub_mchid, store_id: 4321, name: encrypt("张三"), mobile: encrypt("13812345678") },
    { headers },
  );
  assert.equal(registered.status, 200);
  const guide_id = String(registered.data.guide_id);

  const found = await guides.get({ params: { sub_mchid, store_id: 4321, mobile: encrypt("13812345678") }, headers });
  assert.equal(found.data.total_count, 1);
  const [row] = found.data.data as Record<string, unknown>[];
  assert.deepEqual(
    { id: row?.guide_id, store: row?.store_id, name: decrypt(row?.name), mobile: decrypt(row?.mobile) },
    { id: guide_id, store: 4321, name: "张三", mobile: "13812345678" },
  );

  const updated = await guides["{guide_id}"].patch({ sub_mchid, name: encrypt("张三丰") }, { guide_id, headers });
  assert.equal(updated.status, 204);
  const again = await guides.get({ params: { sub_mchid, store_id: 4321, userid: "zhangsan" }, headers });
  assert.equal(decrypt((again.data.data as Record<string, unknown>[])[0]?.name), "张三丰");

  const assigned = await guides["{guide_id}"].assign.post(
    { sub_mchid, out_trade_no: "20150806125346" },
    { guide_id, headers },
  );
  assert.equal(assigned.status, 204);
  const { orders } = await sandbox.book("20150806125346");
  assert.deepEqual(
    orders.map(({ account, sends, executions, guide }) => ({ account, sends, executions, guide })),
    [{ account: `1900000100/${sub_mchid}`, sends: 1, executions: 1, guide: guide_id }],
  );
});

test("a direct merchant assigns without sub_mchid, and is refused with it", async () => {
  const { guides, headers } = clientOf("DIRECT");
  const guide_id = "01008370080000000001";
  const assigned = await guides["{guide_id}"].assign.post({ out_trade_no: "D1" }, { guide_id, headers });
  assert.equal(assigned.status, 204);
  const refused = await refusalOf(
    guides["{guide_id}"].assign.post({ out_trade_no: "D1", sub_mchid: "1900000109" }, { guide_id, headers }),
  );
  assert.deepEqual(refused, { status: 400, code: "PARAM_ERROR", message: "参数中含有非法的额外参数" });
});

test("a partner without sub_mchid, an order that is too long and an unknown guide are refused as documented", async () => {
  const { guides, headers } = clientOf("DEMO");
  const guide_id = "01008370080000000001";
  const assign = guides["{guide_id}"].assign;
  const withoutSub = await refusalOf(assign.post({ out_trade_no: "R1" }, { guide_id, headers }));
  assert.equal(withoutSub.status, 400);
  assert.match(String(withoutSub.message), /^输入源“\/body\/sub_mchid”映射到字段“.+”必填性规则校验失败/);
  const long = await refusalOf(
    assign.post({ sub_mchid: "1900000109", out_trade_no: "0".repeat(33) }, { guide_id, headers }),
  );
  assert.match(String(long.message), /\/body\/out_trade_no.+字节数 33，大于最大值 32/);
  const stranger = await refusalOf(
    assign.post({ sub_mchid: "1900000109", out_trade_no: "R2" }, { guide_id: "NOBODY", headers }),
  );
  assert.deepEqual(stranger, { status: 400, code: "PARAM_ERROR", message: "服务人员ID格式错误" });
});

test("the client refuses an answer that the sandbox signs wrongly", async () => {
  const { guides, headers } = clientOf("DIRECT");
  const call = guides["{guide_id}"].assign.post(
    { out_trade_no: "SBX-WRONG_SIGNATURE-1" },
    { guide_id: "01008370080000000001", headers },
  );
  assert.equal((await errorOf(call)).code, "EV3_RES_HEADER_SIGNATURE_DIGEST");
});
