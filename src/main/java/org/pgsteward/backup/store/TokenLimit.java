package org.pgsteward.backup.store;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;

/**
 * Ends the reading of a document that has more parts than its writer makes. In memory each number has some 20 times the
 * bytes that it has in the file.
 */
final class TokenLimit extends JsonParserDelegate {
    private final int most;
    private int tokens;

    /** The document has more of them. */
    static final class TooMany extends JsonProcessingException {
        private static final long serialVersionUID = 1;

        TooMany(int most) {
            super("more than " + most + " names and values");
        }
    }

    /** @param most names, values, and beginnings and ends of objects and lists */
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
