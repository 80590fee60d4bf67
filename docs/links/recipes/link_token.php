<?php
// Make a link token of the privacy portal. Needs PHP 8.1 with openssl and nothing else. Take this file and change nothing in it.

const SCOPES = ['preferences' => 1, 'stop' => 2];
const KINDS = ['email' => 1, 'phone' => 2, 'customer_number' => 3];

// $key is 32 bytes; $issued and $expires are whole seconds since 1970. $nonce is for test vectors only: never give one.
function link_token(
    string $company, int $keyNumber, string $key, string $identifier, int $issued, int $expires,
    string $choice = '', string $campaign = '', string $kind = 'email', string $scope = 'preferences', ?string $nonce = null
): string {
    if ($kind === 'email') {
        $identifier = trim($identifier);
        if (!preg_match('/^[\x21-\x7e]+@[\x21-\x3f\x41-\x7e]+$/D', $identifier)) {
            throw new InvalidArgumentException('no plain address: write the domain as xn--');
        }
        $identifier = strtolower($identifier);
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
