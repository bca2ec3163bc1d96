import assert from "node:assert/strict";
import { test } from "node:test";
import { clientAddress } from "../../../edge/access/client-address.ts";

const of = (address: string) => clientAddress(new Headers({ "Cf-Connecting-IP": address }));

test("what a client says of itself in X-Forwarded-For is not read", () => {
  assert.equal(clientAddress(new Headers({ "X-Forwarded-For": "192.0.2.1" })), undefined);
});

test("anything that is no address counts for nobody", () => {
  for (const text of ["", "nobody", "192.0.2.1, 192.0.2.2", "1:2:3", "::1]/x", "300.1"])
    assert.equal(of(text), undefined, text);
});

test("all addresses of one IPv6 network share one budget, however they are spelled", () => {
  for (const spelling of [
    "2001:db8:0:1::1",
    "2001:db8:0:1:ffff::2",
    "2001:0DB8:0000:0001::3",
    "2001:db8:0:1:0:0:192.0.2.1",
  ]) {
    assert.equal(of(spelling), "2001:db8:0:1", spelling);
  }
  assert.equal(of("2001:db8:0:2::1"), "2001:db8:0:2");
  assert.equal(of("::1"), "0:0:0:0");
});

test("an IPv4 address mapped into IPv6 is that IPv4 address", () => {
  assert.equal(of("192.0.2.7"), "192.0.2.7");
  assert.equal(of("::ffff:192.0.2.7"), "192.0.2.7");
});
