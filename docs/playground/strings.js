/** What the playground says around the element. */

const zh = {
  title: "试用 staff-assign",
  codes: "错误代码",
  language: "语言",
  stage: "组件",
  stageHint: "这里的应答都在页面内生成，不需要后端。",
  answers: "应答",
  answersHint: "选择一种应答，组件随即提交一次。",
  attributes: "属性",
  themes: "外观",
  snippet: "嵌入代码",
  copy: "复制",
  copied: "已复制",
  events: "事件",
  anyCode: "其他错误代码",
  on: "开",
  off: "关",
  unset: "默认",
  scheme: "明暗",
  auto: "自动",
  light: "浅色",
  dark: "深色",
  accent: "配色",
  "answer.assigned": "成功",
  "answer.slow": "5 秒后成功",
  "answer.pending": "处理中，然后成功",
  "answer.offline": "断网",
  "answer.portal": "Wi-Fi 登录页（200 HTML）",
  "answer.already_assigned": "已由他人服务",
  "answer.upstream_rejected": "平台拒绝",
  "answer.rate_limited": "太频繁",
  "answer.upstream_unavailable": "平台不可用",
  "answer.upstream_unauthorized": "商户授权失效",
  "answer.session_expired": "会话过期",
  "answer.internal_error": "系统出错",
};

/** @typedef {keyof typeof zh} Key */

/** @type {Record<Key, string>} */
const en = {
  title: "Try staff-assign",
  codes: "Problem codes",
  language: "Language",
  stage: "Element",
  stageHint: "Every answer is made inside this page: no backend needed.",
  answers: "Answers",
  answersHint: "Choose an answer and the element submits at once.",
  attributes: "Attributes",
  themes: "Looks",
  snippet: "Embed",
  copy: "Copy",
  copied: "Copied",
  events: "Events",
  anyCode: "Any other problem code",
  on: "On",
  off: "Off",
  unset: "Default",
  scheme: "Scheme",
  auto: "Auto",
  light: "Light",
  dark: "Dark",
  accent: "Colours",
  "answer.assigned": "Success",
  "answer.slow": "Success after 5 s",
  "answer.pending": "Pending, then success",
  "answer.offline": "No network",
  "answer.portal": "Wi-Fi login page (200 HTML)",
  "answer.already_assigned": "Somebody has it",
  "answer.upstream_rejected": "Platform refuses",
  "answer.rate_limited": "Too many calls",
  "answer.upstream_unavailable": "Platform is down",
  "answer.upstream_unauthorized": "Grant has ended",
  "answer.session_expired": "Session has ended",
  "answer.internal_error": "Internal error",
};

/**
 * @param {string} language
 * @returns {(key: Key) => string}
 */
export const translator = (language) => (key) => (language === "en" ? en : zh)[key];
