/** Client scenarios that fail, of all revisions or of the named one, each with the reason. */
export const EXPECTED = {
  'auth/client-credentials-jwt': 'an extension: a login by a signed assertion is not built',
  'auth/dpop': 'an extension: tokens bound to a key are not built',
  'auth/dpop-nonce': 'an extension: tokens bound to a key are not built',
  'auth/enterprise-managed-authorization': 'an extension: a login by way of an identity provider is not built',
  'auth/wif-jwt-bearer': 'an extension: a login by an assertion of a workload is not built',
};
