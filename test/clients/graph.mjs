// The official Graph client library for JavaScript, unchanged: it reads
// products and people, gives somebody a license and takes it away.
import { readFileSync } from "node:fs";
import { Client } from "@microsoft/microsoft-graph-client";
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new EnvHttpProxyAgent({ requestTls: { ca: readFileSync(process.env.NODE_EXTRA_CA_CERTS) } }));

const form = new URLSearchParams({
  grant_type: "client_credentials",
  client_id: process.env.CLIENT_ID,
  client_secret: process.env.CLIENT_SECRET,
  scope: "https://graph.microsoft.com/.default",
});
const signedIn = await fetch(`https://login.microsoftonline.com/${process.env.TENANT}/oauth2/v2.0/token`, { method: "POST", body: form });
const token = (await signedIn.json()).access_token;
const graph = Client.init({ authProvider: (done) => done(null, token) });

const skus = (await graph.api("/subscribedSkus").get()).value;
console.log("products:", skus.map((s) => s.skuPartNumber).join(" "));
const people = await graph.api("/users").select(["id", "userPrincipalName"]).top(2).get();
console.log("people:", people.value.map((u) => u.userPrincipalName).join(" "), "and more:", "@odata.nextLink" in people);

const person = people.value[0].id;
const free = skus.find((s) => s.skuPartNumber === "FLOW_FREE").skuId;
const count = async () => (await graph.api(`/users/${person}`).select("licenseAssignmentStates").get()).licenseAssignmentStates.length;
const before = await count();
await graph.api(`/users/${person}/assignLicense`).post({ addLicenses: [{ skuId: free, disabledPlans: [] }], removeLicenses: [] });
const between = await count();
await graph.api(`/users/${person}/assignLicense`).post({ addLicenses: [], removeLicenses: [free] });
console.log("licenses before, with one more, and after:", before, between, await count());
if (between !== before + 1 || (await count()) !== before) process.exit(1);
