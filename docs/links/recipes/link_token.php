<?php
// Make a link token of the privacy portal. Needs PHP 8.1 with openssl and nothing else. Take this file and change nothing in it.

const SCOPES = ['preferences' => 1, 'stop' => 2];
const KINDS = ['email' => 1, 'phone' => 2, 'customer_number' => 3];
const ATOM = '[a-z0-9!#$%&\'*+/=?^_`{|}~-]+';
const LABEL = '(?!(?!xn)..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ADDRESS = '(?=[^@]{1,64}@)' . ATOM . '(?:\.' . ATOM . ')*@(?:' . LABEL . '\.)+(?=[^.]*[a-z]$)' . LABEL;
const NO_MAIL = '(?!.*[@.](?:arpa|invalid|local|localhost|onion|test)$)';

// $key is 32 bytes; $issued and $expires are whole seconds since 1970. $nonce is for test vectors only: never give one.
function link_token(
    string $company, int $keyNumber, string $key, string $identifier, int $issued, int $expires,
    string $choice = '', string $campaign = '', string $kind = 'email', string $scope = 'preferences', ?string $nonce = null
): string {
    if ($kind === 'email') {
        $identifier = strtolower(trim($identifier, " \t\r\n"));
        // The outer parentheses only delimit the pattern: nearly every other sign may stand in an address.
        if (strlen($identifier) > 254 || !preg_match('(^' . NO_MAIL . ADDRESS . '$)D', $identifier)) {
            throw new InvalidArgumentException('no plain address: write the domain as xn--');
        }
    }
    if (max(strlen($choice), strlen($campaign), strlen($identifier)) > 255 || $identifier === '') {
        throw new InvalidArgumentException('too long, or nobody');
    }
    $plain = pack('CNNC', SCOPES[$scope], $issued, $expires, KINDS[$kind])
        . chr(strlen($choice)) . $choice . chr(strlen($campaign)) . $campaign . $identifier;
    $nonce ??= random_bytes(12);
    $beside = "portal-link/1/$company/$keyNumber";
    $sealed = openssl_encrypt($plain, 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $nonce, $tag, $beside, 16);
    return rtrim(strtr(base64_encode(pack('Cn', 1, $keyNumber) . $nonce . $sealed . $tag), '+/', '-_'), '=');
}
