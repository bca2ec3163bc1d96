import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { readScript } from "../../tools/element/names.ts";
import { searchNames } from "../../tools/element/search-names.ts";

/** Every way in which one name can hide another, in few words; `tt`, `n` and `ti` are members. */
const program = `(()=>{
  const o=[];let e=1,t=2;
  const i=class{constructor(e){this.tt=e}n(e){return this.tt+e}get ti(){return this.tt*2}};
  const s=class extends i{n(e){return super.n(e)+t}static l(){return new s(7)}};
  const r=(e,t=o.length,...i)=>({e,t,n:i,tt:t});
  function a({tt:e,n:t=e,e:i}){for(let s of[e,i]){let e=s;o.push(e)}return t.length}
  try{throw e}catch(e){let t=e;o.push(t)}
  try{throw{n:t}}catch({n:e}){o.push(e)}
  try{throw 1}catch(e){let t=3;o.push(t)}
  for(const t in{x:1,y:2}){const e=t;o.push(e)}
  for(let e=0,t=3;e<t;e++)o.push(()=>e+t);
  const l=function e(t){return t?e(t-1)+1:0};
  var d=1;{let t=d;o.push(t)}
  let {x:h,...u}={x:5,y:6},[c,[p]]=[1,[2]];
  o.push(new i(3).n(4),new s(3).n(4),s.l().ti,Object.values(r(1)),r(1).e,r(1,2,3).n,a(r(9,8)),l(3),h,u,c,p,typeof e,(()=>{switch(t){case 2:{let e="two";return e}}})());
  [e,{n:t}]=[t,{n:e}];o.push(e,t);
  return JSON.stringify(o.map(e=>typeof e==="function"?e():e));
})()`;
const members = ["tt", "n", "ti"];
const run = (code: string): unknown => runInNewContext(code);

test("a script does the same under whatever names the search tries", () => {
  const script = readScript(program, members);
  assert.equal(script.rename(script.names), program);
  const expected = run(program);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(100)), (sizes) => {
      const met: string[] = [];
      const sizeOf = (code: string) => {
        met.push(code);
        return sizes.next().value ?? 0;
      };
      searchNames(script, sizeOf, 60);
      for (const code of met) assert.equal(run(code), expected, code);
      assert.ok(new Set(met).size > 20, "the search tried next to nothing");
    }),
    { numRuns: 50 },
  );
});

test("a search finds the names that repeat: two functions that do the same end up the same", () => {
  const script = readScript("(()=>{const e=(t,i)=>t+i*t;const s=(r,a)=>r+a*r;return e(1,2)+s(3,4)})()", []);
  const bodies = (code: string) => [...code.matchAll(/=(\(.*?);/g)].map(([, body]) => body);
  const distinct = (code: string) => new Set(bodies(code)).size;
  assert.equal(distinct(script.rename(script.names)), 2);
  assert.equal(distinct(script.rename(searchNames(script, distinct, 2_000))), 1);
});

test("a property and the variable that it is about are written once when they are called the same", () => {
  const script = readScript("(()=>{let{tt:e}={tt:1};return{tt:e}})()", ["tt"]);
  assert.equal(script.rename(["e", "e"]), "(()=>{let{e}={e:1};return{e}})()");
  assert.equal(script.rename(["a", "e"]), "(()=>{let{a:e}={a:1};return{a:e}})()");
});

test("no member takes the name of one that stands only in a variable's place", () => {
  const script = readScript("(()=>{const k=1;return JSON.stringify(Object.values({k,tt:2}))})()", ["k", "tt"]);
  const shortest = script.rename(searchNames(script, (code) => code.length, 500));
  assert.equal(run(shortest), "[1,2]", shortest);
});
