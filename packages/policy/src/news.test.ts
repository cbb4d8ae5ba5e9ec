// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { PermissionNews } from './news.ts';
import { Published } from './published.fixture.ts';

describe('news of permissions', () => {
  it('that come in one go are told as one for each cause', async () => {
    const heard = new Published();
    const news = new PermissionNews(heard.publish);
    news.changed('grant', ['ssh']);
    news.changed('grant', ['play', 'ssh']);
    news.changed('allowance', ['play']);
    news.changed('allowance', null);
    news.changed('allowance', ['ssh']);
    await new Promise(setImmediate);
    news.changed('grant', ['ssh']);
    await new Promise(setImmediate);
    expect(heard.of('permissions_changed')).toEqual([
      { because: 'grant', services: ['ssh', 'play'] },
      { because: 'allowance', services: null },
      { because: 'grant', services: ['ssh'] },
    ]);
  });
});
