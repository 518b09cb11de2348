package org.pgsteward.model;

import java.time.Instant;
import java.util.Map;

/**
 * What people are told, once when something begins and once when it is over. Every receiver's route is handed this
 * document (as JSON) as its body, so the names are those that receivers rely on.
 *
 * @param id of this notice; a receiver that sees one twice may drop the second
 * @param state {@code firing} or {@code resolved}
 * @param severity {@code info}, {@code warning} or {@code critical}
 * @param kind what kind of trouble, kebab-case
 * @param service whose
 * @param since when the trouble began
 * @param title one line for a lock screen
 * @param text what happened, since when, how bad, why
 * @param remedy what to type, as commands that can be pasted
 * @param figures the numbers in it, by name
 */
public record Notice(
        String id,
        String state,
        String severity,
        String kind,
        String service,
        Instant since,
        String title,
        String text,
        String remedy,
        Map<String, Object> figures) {}
