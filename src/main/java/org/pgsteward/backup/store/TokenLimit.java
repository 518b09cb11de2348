package org.pgsteward.backup.store;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;

/**
 * Stops the reading of a document with more parts than its writer makes. A number takes about 20 times its bytes in
 * memory.
 */
final class TokenLimit extends JsonParserDelegate {
    private final int most;
    private int tokens;

    /** The error of a document with too many parts. */
    static final class TooMany extends JsonProcessingException {
        private static final long serialVersionUID = 1;

        TooMany(int most) {
            super("more than " + most + " names and values");
        }
    }

    /** @param most the limit for names, values, and beginnings and ends of objects and lists */
    TokenLimit(JsonParser parser, int most) {
        super(parser);
        this.most = most;
    }

    @Override
    public JsonToken nextToken() throws IOException {
        count();
        return super.nextToken();
    }

    @Override
    public JsonToken nextValue() throws IOException {
        count();
        return super.nextValue();
    }

    private void count() throws TooMany {
        if (++tokens > most) {
            throw new TooMany(most);
        }
    }
}
