// Deploys twice with the real code of `scf deploy`, against an API that only remembers: what is asked of Tencent Cloud,
// and which of the inputs nobody has read.
'use strict';
const fs = require('fs');
const modules = process.argv[2];
const { Capi } = require(`${modules}/@tencent-sdk/capi`);
const { Scf } = require(`${modules}/tencent-component-toolkit`);

const requests = [];
const triggers = [];
let created = null;

const answers = {
  GetFunction: () =>
    created ? { ...created, Status: 'Active' } : { Error: { Code: 'ResourceNotFound.Function', Message: 'not there' } },
  CreateFunction: (asked) => ((created = asked), {}),
  GetAlias: () => ({ Name: '$DEFAULT' }),
  UpdateFunctionCode: () => ({}),
  UpdateFunctionConfiguration: () => ({}),
  ListTriggers: () => ({ Triggers: triggers, TotalCount: triggers.length }),
  CreateTrigger: (asked) => {
    const cron = asked.Type === 'timer' && JSON.stringify({ cron: asked.TriggerDesc });
    const kept = { ...asked, TriggerDesc: cron || asked.TriggerDesc, Enable: asked.Enable === 'OPEN' ? 1 : 0 };
    triggers.push(kept);
    return { TriggerInfo: kept };
  },
};

Capi.prototype.request = async function ({ Action, Version, ...asked }) {
  requests.push({ Action, ...asked });
  return { Response: { RequestId: 'none', ...answers[Action](asked) } };
};

const unread = new Set();

function watched(value, path) {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  for (const name of Object.keys(value)) {
    unread.add(`${path}${name}`);
    value[name] = watched(value[name], `${path}${name}.`);
  }
  return new Proxy(value, {
    get(target, name) {
      unread.delete(`${path}${String(name)}`);
      return target[name];
    },
  });
}

// What the component does with the inputs before that code gets them.
function prepared(inputs) {
  const events = inputs.events.map((event, index) => {
    const [type] = Object.keys(event);
    return { [type]: { name: `${type}-${index}`, ...event[type] } };
  });
  const { src, region, ...rest } = inputs;
  return { ...rest, events, code: { bucket: 'code', object: '/code.zip' } };
}

async function main() {
  console.log = () => {};
  const inputs = JSON.parse(fs.readFileSync(0, 'utf8'));
  const region = inputs.region;
  const first = watched(prepared(structuredClone(inputs)), '');
  await new Scf({ SecretId: 'id', SecretKey: 'key' }, region).deploy(first);
  const ignored = [...unread];
  const creating = requests.splice(0);
  await new Scf({ SecretId: 'id', SecretKey: 'key' }, region).deploy(prepared(structuredClone(inputs)));
  process.stdout.write(JSON.stringify({ creating, updating: requests, ignored }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
