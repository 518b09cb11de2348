package org.pgsteward.camel.lint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A text of a route file in each form in which Camel may see it. Camel fills in placeholders, decodes addresses and
 * options, and fills in placeholders again; the order differs from place to place. Pure.
 *
 * @param forms the text as written, and after each decoding
 * @param isWhole whether the last form cannot be decoded further
 */
record Decoded(Set<String> forms, boolean isWhole) {
    /** Limit of decodings. An address within an address within an address needs three. */
    private static final int MOST_LAYERS = 8;

    /** @param settings the known values of placeholders */
    static Decoded of(String text, Map<String, String> settings) {
        Set<String> forms = new LinkedHashSet<>();
        String form = text;
        for (int layers = 0; layers <= MOST_LAYERS; layers++) {
            if (!forms.add(form)) {
                return new Decoded(forms, true);
            }
            String filled = ExpressionRule.resolved(form, settings);
            forms.add(filled);
            form = percent(filled);
        }
        return new Decoded(forms, forms.contains(form));
    }

    private static String percent(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < encoded.length; at++) {
            int high = encoded[at] == '%' && at + 2 < encoded.length ? Character.digit(encoded[at + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(encoded[at + 2], 16);
            if (low < 0) {
                bytes.write(encoded[at]);
            } else {
                bytes.write(high * 16 + low);
                at += 2;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
