/** The people and orders of the demo shop. Names, mobiles and orders are invented. */

export interface DemoGuide {
  guideId: string;
  storeId: string;
  name: string;
  mobile: string;
  /** guides of a WeCom merchant have a user id, those of a personal one a work id */
  userId?: string;
  workId?: string;
}

export const demoStoreId = "1234";
const secondStoreId = "5678";

const wecom = (guideId: string, name: string, userId: string, mobile: string, storeId = demoStoreId): DemoGuide => ({
  guideId,
  storeId,
  name,
  mobile,
  userId,
});

/** More than one page (ten) in the first store. */
export const demoGuides: readonly DemoGuide[] = [
  wecom("LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic", "林晓梅", "linxiaomei", "13800138001"),
  wecom("01008370080000000001", "陈志强", "chenzhiqiang", "13800138002"),
  wecom("01008370080000000002", "王芳", "wangfang", "13800138003"),
  wecom("01008370080000000003", "李建国", "lijianguo", "13800138004"),
  wecom("01008370080000000004", "赵敏", "zhaomin", "13800138005"),
  wecom("01008370080000000005", "周子涵", "zhouzihan", "13800138006"),
  wecom("01008370080000000006", "吴佳怡", "wujiayi", "13800138007"),
  wecom("01008370080000000007", "郑浩然", "zhenghaoran", "13800138008"),
  wecom("01008370080000000008", "孙雨桐", "sunyutong", "13800138009"),
  wecom("01008370080000000009", "欧阳静怡", "ouyangjingyi", "13800138010"),
  wecom("01008370080000000010", "古丽娜尔", "gulinaer", "13800138011"),
  { guideId: "01008370080000000011", storeId: demoStoreId, name: "何俊", mobile: "13800138012", workId: "1012" },
  wecom("01008370080000000021", "高翔", "gaoxiang", "13800138021", secondStoreId),
  wecom("01008370080000000022", "罗诗琪", "luoshiqi", "13800138022", secondStoreId),
];

export interface DemoWorker {
  workerId: string;
  name: string;
  mobile: string;
}

export const demoWorkers: readonly DemoWorker[] = [
  { workerId: "20210627490142", name: "张师傅", mobile: "13900139001" },
  { workerId: "20210627490143", name: "刘伟", mobile: "13900139002" },
  { workerId: "20210627490144", name: "黄国华", mobile: "13900139003" },
  { workerId: "7091800003790954036", name: "马志远", mobile: "13900139004" },
];

export interface DemoOrder {
  channel: "wechat" | "tmall";
  order: string;
  orderKind?: "workcard" | "outer" | "fulfil-task";
  /** what the cashier or dispatcher sees first */
  title: string;
  /** in fen */
  amount: number;
  currency: "CNY";
  items: { name: string; quantity: number; amount: number }[];
  /** RFC 3339 */
  placedAt: string;
}

type Line = [name: string, quantity: number, amount: number];

const baskets: readonly { title: string; lines: readonly Line[] }[] = [
  {
    title: "收银台 1 号",
    lines: [
      ["保湿修护面霜 50ml", 1, 32_900],
      ["洁面泡沫", 1, 8_900],
    ],
  },
  { title: "收银台 2 号", lines: [["亚麻衬衫 白 L", 1, 25_900]] },
  {
    title: "收银台 1 号",
    lines: [
      ["轻薄羽绒服 M", 1, 59_900],
      ["羊毛围巾", 2, 39_800],
    ],
  },
  { title: "收银台 3 号", lines: [["手冲咖啡豆 250g", 2, 13_600]] },
];

const jobs: readonly { title: string; lines: readonly Line[] }[] = [
  { title: "空调上门安装 · 浦东新区", lines: [["1.5 匹空调安装", 1, 19_900]] },
  { title: "轮胎更换 · 徐汇区", lines: [["225/45R17 轮胎更换", 4, 16_000]] },
  { title: "灯具安装 · 静安区", lines: [["吸顶灯安装", 3, 12_000]] },
];

const total = (lines: readonly Line[]) => lines.reduce((sum, [, , amount]) => sum + amount, 0);
const itemsOf = (lines: readonly Line[]) => lines.map(([name, quantity, amount]) => ({ name, quantity, amount }));

/**
 * A handful of orders that wait at the tills.
 *
 * @param batch epoch milliseconds at which the batch was made; its orders carry it, so that no two batches share a number
 */
export function demoOrders(batch: number): DemoOrder[] {
  const day = new Date(batch + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll("-", "");
  const placed = (minutes: number) => new Date(batch - minutes * 60_000).toISOString();
  const tail = String(batch % 86_400_000).padStart(8, "0");
  const orders = baskets.map(
    ({ title, lines }, index): DemoOrder => ({
      channel: "wechat",
      order: `POS${day}${tail}${String(index + 1).padStart(2, "0")}`,
      title,
      amount: total(lines),
      currency: "CNY",
      items: itemsOf(lines),
      placedAt: placed(index * 2 + 1),
    }),
  );
  const cards = jobs.map(
    ({ title, lines }, index): DemoOrder => ({
      channel: "tmall",
      order: String(batch * 100 + index + 1),
      orderKind: "workcard",
      title,
      amount: total(lines),
      currency: "CNY",
      items: itemsOf(lines),
      placedAt: placed(index * 15 + 20),
    }),
  );
  return [...orders, ...cards];
}
