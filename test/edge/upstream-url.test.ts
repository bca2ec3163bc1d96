import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allowedUpstream } from "../../edge/upstream-url.ts";

const hosts = ["https://api.mch.weixin.qq.com", "https://gw.api.taobao.com/router/rest"];
const allowed = (address: string, environment: "production" | "development" = "production") =>
  allowedUpstream(address, hosts, environment);

test("an address of the list is allowed as it stands, with or without a closing slash", () => {
  assert.equal(allowed("https://api.mch.weixin.qq.com"), "https://api.mch.weixin.qq.com");
  assert.equal(allowed("https://api.mch.weixin.qq.com/"), "https://api.mch.weixin.qq.com");
  assert.equal(allowed("https://gw.api.taobao.com/router/rest"), "https://gw.api.taobao.com/router/rest");
});

describe("an address that only reads like one is refused, in development too", () => {
  for (const address of [
    "",
    "api.mch.weixin.qq.com",
    "//api.mch.weixin.qq.com",
    "http://api.mch.weixin.qq.com",
    "HTTPS://api.mch.weixin.qq.com",
    "https://API.mch.weixin.qq.com",
    "https://api.mch.weixin.qq.com:443",
    "https://api.mch.weixin.qq.com:8443",
    "https://api.mch.weixin.qq.com.",
    "https://api.mch.weixin.qq.com.evil.com",
    "https://evil.com/api.mch.weixin.qq.com",
    "https://api.mch.weixin.qq.com@evil.com",
    "https://user:pw@api.mch.weixin.qq.com",
    "https://@api.mch.weixin.qq.com",
    "https://api.mch.weixin.qq.com/v3",
    "https://api.mch.weixin.qq.com//",
    "https://api.mch.weixin.qq.com/.",
    "https://api.mch.weixin.qq.com?x=1",
    "https://api.mch.weixin.qq.com/?",
    "https://api.mch.weixin.qq.com#x",
    "https://api.mch.weixin.qq.com\\@evil.com",
    " https://api.mch.weixin.qq.com",
    "https://api.mch.weixin.qq.com\n",
    "https:api.mch.weixin.qq.com",
    "https://api.mch.weixin。qq.com",
    "https://gw.api.taobao.com",
    "https://gw.api.taobao.com/router/rest/",
    "https://gw.api.taobao.com/router/../router/rest",
    "https://gw.api.taobao.com/router/%72est",
    "https://127.0.0.1",
    "https://localhost:8788",
    "http://10.0.0.1",
    "http://169.254.169.254/latest",
    "http://[::1]:8788",
    "http://0.0.0.0:8788",
    "http://127.0.0.2:8788",
    "http://127.0.0.1.nip.io",
    "http://localhost.evil.com",
    "http://2130706433:8788",
    "http://0x7f000001:8788",
    "http://0x7f.1:8788",
    "http://127.1:8788",
    "http://LOCALHOST:8788",
    "http://user@localhost:8788",
    "http://localhost:8788?x",
    "data:application/json,{}",
    "file:///etc/passwd",
    "javascript:0",
    "ws://localhost:8788",
  ]) {
    test(JSON.stringify(address), () => {
      assert.equal(allowed(address), undefined);
      assert.equal(allowed(address, "development"), undefined);
    });
  }
});

test("the loopback of this machine is allowed in development, and impossible in production", () => {
  for (const address of ["http://127.0.0.1:8788", "http://localhost:8788", "http://localhost:8788/router/rest"]) {
    assert.equal(allowed(address, "development"), address);
    assert.equal(allowed(address), undefined);
  }
});
