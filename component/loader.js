// biome-ignore-all lint/complexity/useArrowFunction: has to parse as ES5
// biome-ignore-all lint/style/useTemplate: has to parse as ES5
/* ES5: loads the element with its hash, tries a second time, and says so in plain words when this browser or the
   network cannot. Fallback children stay visible until the element takes over. */
(function () {
  var script = document.currentScript;
  var url = script.src.replace(/[^/]*$/, "") + "staff-assign.js";
  function fail(code, text) {
    console.error("staff-assign: " + text);
    var event = document.createEvent("Event");
    event.initEvent("staff-assign-error", true, true);
    event.code = code;
    event.retryable = code === "network";
    (document.querySelector("staff-assign") || document).dispatchEvent(event);
  }
  function load(last) {
    var tag = document.createElement("script");
    // a stalled line: 15 s, then the second and last try
    var timer = setTimeout(function () {
      tag.onerror();
    }, 15000);
    tag.src = url + (last ? "?2" : "");
    tag.integrity = "__INTEGRITY__";
    tag.crossOrigin = "";
    tag.onload = function () {
      clearTimeout(timer);
    };
    tag.onerror = function () {
      clearTimeout(timer);
      tag.onerror = null;
      if (last) fail("network", url + " failed");
      else load(1);
    };
    document.head.appendChild(tag);
  }
  if (!self.customElements || !self.fetch || !("noModule" in script)) {
    fail("unsupported_browser", "needs Chrome 61");
  } else load();
})();
