/**
 * What a cashier reads in Chinese: every failure says what happened, then what to do. What the edge refused comes with
 * a sentence of the edge's; here is what the element says by itself.
 */

const later = "请稍后重试。";
const network = `网络不通。${later}`;

export const zhCN = {
  order: "订单号",
  workcard: "工单号",
  needOrder: "扫码或输入单号",
  wrongOrder: "单号不对。请核对后重试。",
  guide: "服务人员",
  needGuide: "选择服务人员或输入编号",
  worker: "工人",
  workerHint: "工号，或手机号 姓名",
  recent: "最近",
  more: "更多",
  nobody: "没有找到",
  loading: "正在加载…",
  submit: "分配给 {guide}",
  assign: "分配",
  ready: "可以分配",
  busy: "正在分配…",
  slow: "仍在尝试。已记录。请勿关闭收银页面。",
  done: "已分配给 {guide}",
  reassign: "改派",
  pending: "已提交，正在等待平台确认。",
  queued: "已记录，联网后自动发送。请先完成分配再收款。请勿关闭收银页面。",
  retry: "重试",
  held: "本单已分配给 {guide}。改派给 {other}？",
  reassignTo: "改派给 {guide}",
  keep: "不改派",
  next: "下一单",
  back: "返回",
  unfinished: "{count} 笔未完成",
  reference: "参考号",

  // for codes that have no sentence here, of an edge that gives no advice
  invalid_request: "未分配。请核对后重试，或联系管理员。",
  internal_error: `系统出错了。${later}`,

  network,
  timeout: network,
  queue_expired: "联网太晚，未分配。请核对后重试。",
  storage_unavailable: "本机无法记录。请勿关闭收银页面。",
  session_unavailable: "登录已失效。请重新登录收银台。",
};

export type Strings = typeof zhCN;
