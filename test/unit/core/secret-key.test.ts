import { describe, expect, it } from 'vitest';
import { isSecretKey, namesSecret } from '../../../src/core/secrets/secret-key.ts';

const SECRET =
  'PASSWORD PGPASSWORD DB_PASSWD MYSQL_PWD SSHPASS PASS db-pass dbPass SMTP_PASS_2 GITHUB_PAT githubPAT GITHUB_TOKEN accessToken AUTHTOKEN ' +
  'API_KEY apiKey api-key x-api-key APIKEY OPENAI_API_KEY AWS_SECRET_ACCESS_KEY STRIPE_KEY KEY KEYS privateKey SIGNINGKEY ' +
  'CLIENT_SECRET clientSecret SECRETS SENTRY_DSN sentryDsn DSN SLACK_WEBHOOK SLACK_WEBHOOK_URL webhookUrl DSN_URI GOOGLE_APPLICATION_CREDENTIALS ' +
  'credential PASSPHRASE OTP JWT BEARER Cookie Authorization REDIS_AUTH _authToken npm.token TOKEN1 refresh_token';
const PLAIN =
  'KEYBOARD PATH COMPASS MONKEY HOTKEYS BYPASS PATTERN COMPAT DISPATCH AUTHOR AUTHORITY TOKENIZER MAX_TOKENS maxTokens TOKEN_LIMIT KEYRING ' +
  'TOKEN_TTL TOKEN_URL API_KEY_NAME PASSWORD_FILE SECRET_NAME KEY_ID KEY_PREFIX TOKEN_TYPE PWDX PASSENGER HOME LANG REGION USER name url ' +
  'bearer_token_env_var AUTH_MODE';

describe('namesSecret', () => {
  it.each(SECRET.split(' '))('%s', { tags: ['T24'] }, (key) => expect(namesSecret(key)).toBe(true));
  it.each(PLAIN.split(' '))('not %s', { tags: ['T24'] }, (key) => expect(namesSecret(key)).toBe(false));
});

describe('isSecretKey', () => {
  it('is narrower, since output data uses "key" and "pass" for harmless values', { tags: ['T24'] }, () => {
    for (const key of ['apiKey', 'X-Api-Key', 'dbPassword', 'accessToken', 'client-secret', 'Set-Cookie', 'authorization']) {
      expect([key, isSecretKey(key)]).toEqual([key, true]);
    }
    for (const key of ['key', 'keys', 'pass', 'nextPageToken', 'progressToken', 'tokenCount', 'webhook', 'primaryKey']) {
      expect([key, isSecretKey(key)]).toEqual([key, false]);
    }
  });
});
