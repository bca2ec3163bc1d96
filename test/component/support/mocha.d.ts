declare function describe(name: string, suite: () => void): void;
declare function it(name: string, test: () => void | Promise<void>): void;
declare function beforeEach(setup: () => void | Promise<void>): void;
declare function afterEach(teardown: () => void | Promise<void>): void;
