/** The faults of TOP: its platform codes, sub-codes and bans, business answers, and odd bodies. */
import { after, before, type Fault, type TopBodyFault } from "../faults/fault.ts";
import { transportFaults } from "../faults/transport-faults.ts";

const error = (code: number, msg: string, subCode?: string, subMsg?: string): Fault["effect"] => ({
  kind: "top-error",
  code,
  msg,
  ...(subCode && { subCode }),
  ...(subMsg && { subMsg }),
});
/** 15 in the table of codes, 50 in the samples of the API pages. */
const remote = (subCode: string, subMsg: string, code = 15) => error(code, "Remote service error", subCode, subMsg);
const ban = (scope: string, seconds: number) =>
  error(7, "App Call Limited", `accesscontrol.limited-by-${scope}`, `This ban will last for ${seconds} more seconds`);
const result = (success: unknown, msgCode: string, message: string, displayMsg?: string): Fault["effect"] => ({
  kind: "top-result",
  success,
  msgCode,
  message,
  ...(displayMsg && { displayMsg }),
});
const body = (how: TopBodyFault): Fault["effect"] => ({ kind: "top-body", how });

export const topFaults: readonly Fault[] = [
  ...transportFaults,

  before("UPLOAD_FAIL", "003", error(3, "Upload Fail")),
  before("USER_CALL_LIMITED", "004", error(4, "User Call Limited")),
  before("SESSION_CALL_LIMITED", "005", error(5, "Session Call Limited")),
  before("PARTNER_CALL_LIMITED", "006", error(6, "Partner Call Limited")),
  before("APP_CALL_LIMITED", "007", ban("api-access-count", 1)),
  before("CALL_FREQUENCY", "008", error(8, "App Call Exceeds Limited Frequency")),
  before("HTTP_ACTION", "009", error(9, "Http Action Not Allowed")),
  before("UNAVAILABLE", "010", error(10, "Service Currently Unavailable")),
  before("NO_PERMISSION", "011", error(11, "Insufficient ISV Permissions", "isv.permission-api-package-empty")),
  before("NO_USER_PERMISSION", "012", error(12, "Insufficient User Permissions")),
  before("NO_PARTNER_PERMISSION", "013", error(13, "Insufficient Partner Permissions")),
  before("REMOTE_ERROR", "015", remote("isp.remote-service-error", "远程服务出错")),
  before("MISSING_METHOD", "021", error(21, "Missing Method")),
  before("INVALID_METHOD", "022", error(22, "Invalid Method")),
  before("INVALID_FORMAT", "023", error(23, "Invalid Format")),
  before("MISSING_SIGNATURE", "024", error(24, "Missing Signature")),
  before("INVALID_SIGNATURE", "025", error(25, "Invalid Signature")),
  before("MISSING_SESSION", "026", error(26, "Missing Session")),
  before("INVALID_SESSION", "027", error(27, "Invalid Session", "session-expired", "授权已过期")),
  before("MISSING_APP_KEY", "028", error(28, "Missing App Key")),
  before("INVALID_APP_KEY", "029", error(29, "Invalid App Key")),
  before("MISSING_TIMESTAMP", "030", error(30, "Missing Timestamp")),
  before("INVALID_TIMESTAMP", "031", error(31, "Invalid Timestamp")),
  before("MISSING_VERSION", "032", error(32, "Missing Version")),
  before("INVALID_VERSION", "033", error(33, "Invalid Version")),
  before("UNSUPPORTED_VERSION", "034", error(34, "Unsupported Version")),
  before("MISSING_ARGUMENTS", "040", error(40, "Missing Required Arguments:workcard_id", "isv.missing-parameter")),
  before("INVALID_ARGUMENTS", "041", error(41, "Invalid Arguments:workcard_id", "isv.invalid-parameter")),
  before("SESSION_PERMISSIONS", "042", error(42, "Insufficient session permissions")),
  before("PARAMETER_ERROR", "043", error(43, "Parameter Error")),
  before("INVALID_TOKEN", "044", error(44, "Invalid access token")),
  before("INVALID_ENCODING", "047", error(47, "Invalid encoding")),
  before("REMOTE_ERROR_50", "050", remote("isp.remote-service-error", "远程服务出错", 50)),
  before("LEGACY_52", "052", error(52, "Remote service error", "isp.remote-service-error", "远程服务出错")),
  before("SECURITY_LEVEL", "053", error(53, "Insufficient security level")),
  before("LEGACY_520", "054", error(520, "Remote service error", "isp.remote-service-error", "远程服务出错")),
  before("LEGACY_530", "055", error(530, "Remote service error", "isv.invalid-parameter", "参数错误")),

  before("DAILY_QUOTA", "071", ban("app-access-count", 31_062)),
  before("APP_API_LIMITED", "072", ban("app-api-access-count", 2)),
  before("DYNAMIC_LIMITED", "073", ban("dynamic-access-count", 1)),

  before(
    "IP_WHITELIST",
    "111",
    error(
      11,
      "Insufficient ISV Permissions",
      "isv.permission-ip-whitelist-limit",
      "appkey is only allowed to call from 198.51.100.7, but your ip is 203.0.113.9",
    ),
  ),
  before("SERVICE_UNAVAILABLE", "150", remote("isp.workcard-service-unavailable", "服务不可用")),
  before("REMOTE_TIMEOUT", "151", remote("isp.remote-service-timeout", "远程服务超时")),
  after("REMOTE_TIMEOUT_AFTER", "152", remote("isp.remote-service-timeout", "远程服务超时")),
  before("REMOTE_CONNECTION", "153", remote("isp.remote-connection-error", "远程连接错误")),
  after("TOP_TIMEOUT_AFTER", "154", remote("isp.top-remote-connection-timeout-tmall", "远程服务调用超时")),
  before("TOP_CONNECTION", "155", remote("isp.top-remote-connection-error", "远程连接错误")),
  before("TOP_UNAVAILABLE", "156", remote("isp.top-remote-service-unavailable-tmall", "调用后端服务不可用")),
  before("UNKNOWN_ERROR", "157", remote("isp.unknown-error", "未知错误")),
  before("NULL_POINTER", "158", remote("isp.null-pointer-exception", "空指针异常错误")),
  before("TOP_PARSE", "159", remote("isp.top-parse-error", "api解析错误")),
  before("TOP_MAPPING", "160", remote("isp.top-mapping-parse-error", "api映射解析错误")),
  before("ISP_PARAMETERS", "161", remote("isp.invalid-parameters", "参数无效")),
  before("ISV_PARAMETER", "162", remote("isv.invalid-parameter:workcard_id", "参数无效")),
  before("ISV_PARAMETER_50", "163", remote("isv.invalid-parameter", "参数无效", 50)),
  before("ISV_PERMISSION", "164", remote("isv.invalid-permission", "权限不够、非法访问")),
  before("UNHEARD_SUB_CODE", "165", remote("isv.no-one-documents-this", "未知业务错误")),
  before("ESCAPED_MESSAGE", "166", remote("isv.invalid-parameter", "参数&apos;workcard_id&apos;&lt;无效&gt;")),
  before("CALL_LIMITED", "167", remote("isp.call-limited", "调用受限")),

  before("CARD_NOT_FOUND", "201", result(false, "1008", "工单不存在")),
  before("WORKER_UNKNOWN", "202", result(false, "10006", "工人不存在")),
  before("SERVICE_EXPIRED", "203", result(false, "5100", "服务单失效,无法发起")),
  before("SUCCESS_1008", "204", result(true, "1008", "工单不存在")),
  after("SUCCESS_1008_AFTER", "205", result(true, "1008", "工单不存在")),
  after("SUCCESS_TEXT", "206", result("true", "", "")),
  before("FAILURE_TEXT", "207", result("false", "1008", "工单不存在")),
  before("MARKUP", "208", result(false, "1008", "工单不存在", '<img src=x onerror=alert(1)>工单"不存在"&amp;')),
  before("TAKEN", "209", { kind: "taken" }),

  after("XML", "211", body("xml")),
  after("SIMPLIFIED", "212", body("simplified")),
  after("CONTROL_CHARACTERS", "213", body("control-characters")),
  after("TRAILING_COMMENT", "214", body("trailing-comment")),
  after("NO_RESULT", "215", body("no-result")),
  after("CUT_JSON", "216", body("cut")),
];
