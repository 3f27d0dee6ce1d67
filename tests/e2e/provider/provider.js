// A real OpenID Connect provider for the tests: anybody may sign in as anybody. Prints its issuer when it listens.
//
//     node provider.js CALLBACK
import { createServer } from "node:http";
import Provider from "oidc-provider";

const callback = process.argv[2];
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "muniment",
      client_secret: "a client's secret",
      redirect_uris: [callback],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    }],
    pkce: { required: () => true, methods: ["S256"] },
    claims: { openid: ["sub"] },
    cookies: { keys: ["for tests only"] },
  });
  server.on("request", provider.callback());
  process.stdout.write(`${issuer}\n`);
});
