// Make a link token of the privacy portal. Needs Node 18 and nothing else. Take this file and change nothing in it.
import { createCipheriv, randomBytes } from "node:crypto";

const SCOPES = { preferences: 1, stop: 2 };
const KINDS = { email: 1, phone: 2, customer_number: 3 };
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "(?!(?!xn)..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const ADDRESS = new RegExp(`^(?=[^@]{1,64}@)${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+(?=[^.]*[a-z]$)${LABEL}$`);
const NO_MAIL = /[@.](?:arpa|invalid|local|localhost|onion|test)$/;

// `key` is a Buffer of 32 bytes; `issued` and `expires` are whole seconds since 1970. `nonce` is for test vectors only: never give one.
export function linkToken(company, keyNumber, key, identifier, options) {
  const { issued, expires, choice = "", campaign = "", kind = "email", scope = "preferences", nonce = randomBytes(12) } = options;
  if (kind === "email") {
    identifier = identifier.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
    const lower = /^[\x21-\x7e]+$/.test(identifier) ? identifier.toLowerCase() : "";
    if (lower.length > 254 || !ADDRESS.test(lower) || NO_MAIL.test(lower)) throw new Error("no plain address: write the domain as xn--");
    identifier = lower;
  }
  const [chosen, named, who] = [choice, campaign, identifier].map((text) => Buffer.from(text, "utf8"));
  if (Math.max(chosen.length, named.length, who.length) > 255 || !who.length) throw new Error("too long, or nobody");
  const times = Buffer.alloc(10);
  times.writeUInt8(SCOPES[scope], 0);
  times.writeUInt32BE(issued, 1);
  times.writeUInt32BE(expires, 5);
  times.writeUInt8(KINDS[kind], 9);
  const plain = Buffer.concat([times, Buffer.from([chosen.length]), chosen, Buffer.from([named.length]), named, who]);
  const head = Buffer.alloc(3);
  head.writeUInt8(1, 0);
  head.writeUInt16BE(keyNumber, 1);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(`portal-link/1/${company}/${keyNumber}`, "utf8"));
  return Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}
