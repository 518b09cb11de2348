package org.pgsteward.alert.message;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signature of a webhook according to Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec), for
 * which libraries exist in every language.
 *
 * <p>The header {@code webhook-signature} is {@code v1,} and, in Base64, the HMAC-SHA256 with the shared secret over
 * {@code <id>.<timestamp>.<body>}. The header {@code webhook-id} is the notification's id, equal in each delivery. The
 * header {@code webhook-timestamp} is the time of this delivery in seconds since 1970.
 *
 * <p>A receiver computes the signature again over the received bytes and compares in constant time. It refuses a
 * message that is older than some minutes.
 */
public final class WebhookSignature {
    private static final String PREFIX = "whsec_";

    private final SecretKeySpec key;

    /**
     * @param secret {@code whsec_} and the key in Base64, as the libraries make it; without the prefix, the characters
     *     are the key
     * @throws IllegalArgumentException if the secret is malformed or too short; the message does not quote it
     */
    public WebhookSignature(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        if (secret.startsWith(PREFIX)) {
            try {
                bytes = Base64.getDecoder().decode(secret.substring(PREFIX.length()));
            } catch (IllegalArgumentException notBase64) {
                throw unfit("the part after " + PREFIX + " is not Base64");
            }
        }
        if (bytes.length < 16) {
            throw unfit("the key has " + bytes.length + " of at least 16 bytes (24 or more are usual)");
        }
        key = new SecretKeySpec(bytes, "HmacSHA256");
    }

    String of(String id, String timestamp, String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            byte[] signed = mac.doFinal((id + "." + timestamp + "." + body).getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(signed);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("this Java has no HmacSHA256", impossible);
        }
    }

    private static IllegalArgumentException unfit(String why) {
        return new IllegalArgumentException("cannot use pgsteward.webhook.secret: " + why
                + "; make one with: echo whsec_$(openssl rand -base64 32)");
    }
}
