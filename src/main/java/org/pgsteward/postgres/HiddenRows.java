package org.pgsteward.postgres;

import java.util.regex.Pattern;

/**
 * Filter that removes quoted rows from PostgreSQL's messages. A row may hold a password's hash. A message goes to the
 * journal, to the status page and to every receiver of alerts.
 */
final class HiddenRows {
    private static final Pattern ROW = Pattern.compile("Failing row contains \\(.*?\\)\\.(?=\\R|$)", Pattern.DOTALL);
    private static final Pattern KEY = Pattern.compile("(Key \\([^\\r\\n]*?\\)=\\().*?(\\)(?= |\\.))", Pattern.DOTALL);
    private static final Pattern LINE =
            Pattern.compile("(COPY [^\\r\\n]{1,200}?, line \\d+(?:, column [^:\\r\\n]{1,200})?): \"[^\\r\\n]*");

    private HiddenRows() {}

    static String in(String messages) {
        String hidden = ROW.matcher(messages).replaceAll("Failing row is not shown.");
        hidden = KEY.matcher(hidden).replaceAll("$1...$2");
        return LINE.matcher(hidden).replaceAll("$1");
    }
}
