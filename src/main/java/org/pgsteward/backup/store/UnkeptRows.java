package org.pgsteward.backup.store;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.io.IOException;
import java.util.Map;

/**
 * Checks the rows of a manifest one by one and keeps none. Lists of backups do not need them, and 50,000 rows take some
 * 15 MB of memory.
 */
final class UnkeptRows extends JsonDeserializer<Map<String, Long>> {
    /** A mix-in of {@link ManifestDocument} for mappers without rows. */
    interface Mixin {
        @JsonDeserialize(using = UnkeptRows.class)
        Map<String, Long> rows();
    }

    @Override
    public Map<String, Long> deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        if (!parser.isExpectedStartObjectToken()) {
            context.reportWrongTokenException(this, JsonToken.START_OBJECT, "rows is not an object");
        }
        for (String table = parser.nextFieldName(); table != null; table = parser.nextFieldName()) {
            boolean isNull = parser.nextToken() == JsonToken.VALUE_NULL;
            Long count = isNull ? null : context.readValue(parser, Long.class);
            try {
                ManifestFields.checkRows(table, count);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + StoreJson.REMOVE, e);
            }
        }
        return Map.of();
    }
}
