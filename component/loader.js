// biome-ignore-all lint/complexity/useArrowFunction: has to parse as ES5
// biome-ignore-all lint/style/useTemplate: has to parse as ES5
/* ES5: loads the element with its hash, tries a second time, and says so in plain words when this browser or the
   network cannot. Fallback children stay visible until the element takes over; where there are none, a sentence stands
   in. It tells when the page is parsed: before that there may be neither an element nor a listener. 0.8 kB is all it
   may weigh, hence the names for what the minifier cannot shorten. */
(function () {
  var page = document;
  var script = page.currentScript;
  var name = "staff-assign";
  var url = script.src.replace(/[^/]*$/, name + ".js");
  function fail(code, text, retryable) {
    function tell() {
      var target = page.querySelector(name) || page;
      var event = new Event(name + "-error", { bubbles: true });
      event.code = code;
      event.message = text;
      event.retryable = !!retryable;
      // the page itself always has children
      if (!target.firstChild) target.textContent = "加载失败，请刷新 / Reload";
      target.dispatchEvent(event);
    }
    console.error(name + ": " + text);
    // "complete" and "interactive" come before "l", "loading" after it
    if (page.readyState < "l") tell();
    else addEventListener("DOMContentLoaded", tell);
  }
  function load(last) {
    var tag = page.createElement("script");
    var ended;
    function failed() {
      if (!ended) {
        if (last) fail("network", url + " failed", 1);
        else load(1);
      }
      ended = 1;
    }
    tag.src = url + (last ? "?2" : "");
    tag.integrity = "__INTEGRITY__";
    tag.crossOrigin = "";
    tag.nonce = script.nonce;
    tag.onload = function () {
      ended = 1;
    };
    tag.onerror = failed;
    // a stalled line: 15 s, then the second and last try
    setTimeout(failed, 15000);
    page.head.append(tag);
  }
  if (self.customElements && "noModule" in script) load();
  else fail("unsupported_browser", "needs Chrome 61");
})();
