/**
 * Which versions of the element are released. The list is bundled with the Worker, since no answer of the assets tells a
 * file that partners pin from one that the next build replaces.
 */
import hashes from "../../releases/hashes.json" with { type: "json" };

/** @param folder such as `v1.2.3` */
export const isReleased = (folder: string): boolean => Object.hasOwn(hashes, folder);
