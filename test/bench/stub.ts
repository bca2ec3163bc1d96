/**
 * The upstream: WeChat Pay's assignment call, answered 204 with a signature. Each answer to one contender has a nonce and
 * a signature of its own, since the edge refuses a signature that it has seen. They are made before a round, so that
 * signing for the platform takes no processor from whoever is being measured.
 */
import { createPrivateKey, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent } from "./answering.ts";
import type { BenchSettings } from "./settings.ts";

type Question = { kind: "address" } | { kind: "prepare"; count: number } | { kind: "rewind" };

const assignPath = /^\/v3\/smartguide\/guides\/[^/]+\/assign$/;

answerParent<Omit<BenchSettings, "upstream">, Question>(async ({ platformPrivateKey, platformKeyId }) => {
  const key = createPrivateKey(platformPrivateKey);
  let pool: Record<string, string>[] = [];
  let next = 0;

  function signedHeaders(timestamp: string): Record<string, string> {
    const nonce = randomBytes(16).toString("hex");
    const signature = sign("RSA-SHA256", Buffer.from(`${timestamp}\n${nonce}\n\n`), key).toString("base64");
    return {
      "Request-ID": `08${nonce.slice(0, 12)}-0`,
      "Wechatpay-Timestamp": timestamp,
      "Wechatpay-Nonce": nonce,
      "Wechatpay-Serial": platformKeyId,
      "Wechatpay-Signature": signature,
      "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    };
  }

  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      const isSigned = request.headers.authorization?.startsWith("WECHATPAY2-SHA256-RSA2048 ");
      if (request.method !== "POST" || !assignPath.test(request.url ?? "") || !isSigned) {
        response.writeHead(400).end();
        return;
      }
      const headers = pool[next++];
      // Running out would be a mistake of the run itself; an unsigned answer makes it fail.
      response.writeHead(204, headers ?? {}).end();
    });
  });
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return async (question) => {
    switch (question.kind) {
      case "address":
        return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
      case "prepare": {
        const timestamp = String(Math.floor(Date.now() / 1000));
        pool = Array.from({ length: question.count }, () => signedHeaders(timestamp));
        next = 0;
        return {};
      }
      case "rewind":
        next = 0;
        return {};
    }
  };
});
