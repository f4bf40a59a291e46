// Meta's Node SDK against the fake: the host is all that is overridden.
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const sdk = require('facebook-nodejs-business-sdk');

const { AdAccount, CustomAudience, FacebookAdsApi, FacebookAdsApiBatch, User } = sdk;
const ready = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
Object.defineProperty(FacebookAdsApi, 'GRAPH', { get: () => ready.url });
const accountId = ready.ad_accounts[0];

async function control(method, name, body) {
  const reply = await fetch(`${ready.url}/_control/${name}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
  return reply.json();
}

async function refused(call, code, subcode) {
  const error = await call().then(
    () => assert.fail(`not refused with ${code}`),
    (error) => error,
  );
  assert.equal(error.response?.code, code, error.message);
  if (subcode !== undefined) assert.equal(error.response.error_subcode, subcode);
  return error;
}

const digest = (text) => createHash('sha256').update(text).digest('hex');

async function main() {
  await control('POST', 'reset');
  FacebookAdsApi.init(ready.access_token, 'en_US', false);
  const account = new AdAccount(accountId);

  const mine = await new User('me').getAdAccounts(['name'], {});
  assert.deepEqual(mine.map((a) => a.id), [accountId]);

  const fields = { subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY' };
  const audience = await account.createCustomAudience([], { ...fields, name: 'Node', description: 'Größe "L" & more' });
  assert.match(audience.id, /^\d+$/);
  const read = await new CustomAudience(audience.id).get(['name', 'description', 'operation_status']);
  assert.equal(read.name, 'Node');
  assert.equal(read.description, 'Größe "L" & more');
  assert.equal(read.operation_status.code, 410);

  // Pages: this SDK follows the link of the page as it is.
  for (let number = 0; number < 60; number += 1) {
    await account.createCustomAudience([], { ...fields, name: `page ${number}` });
  }
  let page = await account.getCustomAudiences(['name'], { limit: 25 });
  const names = page.map((a) => a.name);
  let pages = 1;
  while (page.hasNext()) {
    page = await page.next();
    names.push(...page.map((a) => a.name));
    pages += 1;
  }
  assert.equal(pages, 3);
  assert.equal(names.length, 61);
  assert.equal(names[0], 'page 59');
  assert.equal(names[60], 'Node');
  assert.equal(new Set(names).size, 61);

  await new CustomAudience(audience.id).update([], { name: 'Node, renamed' });
  assert.equal((await new CustomAudience(audience.id).get(['name'])).name, 'Node, renamed');

  // Add and remove 200 rows.
  const data = Array.from({ length: 200 }, (_, number) => [digest(`person${number}@example.com`)]);
  const payload = { schema: ['EMAIL'], data };
  const session = { session_id: 77, batch_seq: 1, last_batch_flag: true, estimated_num_total: 200 };
  const added = await audience.createUser(['audience_id', 'num_received', 'num_invalid_entries'], { payload, session });
  assert.equal(added._data.num_received, 200);
  assert.equal(added._data.num_invalid_entries, 0);
  assert.equal(added._data.session_id, '77');
  assert.equal((await control('GET', `members?audience=${audience.id}`)).count, 200);
  await audience.deleteUsers({ payload });
  assert.equal((await control('GET', `members?audience=${audience.id}`)).count, 0);

  // 300 rows of a removal do not fit the URL that the SDK puts them in.
  const many = Array.from({ length: 300 }, (_, number) => [digest(`p${number}@example.com`)]);
  await assert.rejects(audience.deleteUsers({ payload: { schema: ['EMAIL'], data: many } }));
  const calls = await control('GET', 'calls');
  assert.equal(calls.at(-1).status, 414);

  // Replace.
  await control('POST', 'advance', { seconds: 3600 });
  await audience.createUsersReplace([], { payload, session: { session_id: 78, batch_seq: 1, last_batch_flag: true } });
  assert.equal((await control('GET', `members?audience=${audience.id}`)).count, 200);

  // Batch: three calls in one, one of which is refused.
  const seen = [];
  const bad = [];
  const batch = new FacebookAdsApiBatch(FacebookAdsApi.getDefaultApi());
  batch.add('POST', [accountId, 'customaudiences'], { ...fields, name: 'batch' }, null, (r) => seen.push(r.body));
  batch.add('GET', [audience.id], { fields: 'name' }, null, (r) => seen.push(r.body));
  batch.add('GET', ['42'], { fields: 'name' }, null, (r) => seen.push(r.body), (r) => bad.push(r));
  await batch.execute();
  assert.equal(seen.length, 2);
  assert.equal(seen[1].name, 'Node, renamed');
  assert.equal(bad.length, 1);

  // A throttle, and an expired token.
  await control('POST', 'faults', { rule: 'error=80003/2446079@read_audience:first=1' });
  const throttled = await refused(() => new CustomAudience(audience.id).get(['name']), 80003, 2446079);
  assert.equal(throttled.status, 400);
  await control('POST', 'tokens', { token: 'EAAshort', scopes: ['ads_management'], expires_in: 60 });
  const short = new AdAccount(accountId, {}, undefined, new FacebookAdsApi('EAAshort', 'en_US', false));
  assert.equal((await short.get(['name'])).id, accountId);
  await control('POST', 'advance', { seconds: 61 });
  await refused(() => short.get(['name']), 190, 463);

  await audience.delete([]);
  await refused(() => new CustomAudience(audience.id).get(['name']), 100, 33);

  const kinds = new Set((await control('GET', 'alarms')).map((alarm) => alarm.kind));
  assert.deepEqual([...kinds], ['TokenInUrl']);
  console.log('official SDKs: Node', FacebookAdsApi.SDK_VERSION, 'passes');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
