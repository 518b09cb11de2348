package org.pgsteward.backup.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.pgsteward.backup.verify.VerificationOrder.Place;

/** The verifications of this process that wait for their turn. The monitor of {@link VerificationTurn} guards it. */
final class WaitingVerifications {
    /** The entries in the order of arrival. */
    private final List<Entry> entries = new ArrayList<>();

    /** A waiting verification. It is no record: two verifications of one service may begin in the same millisecond. */
    static final class Entry {
        private final String service;
        private final Instant asked;
        private final boolean givesTime;

        private Entry(String service, Instant asked, boolean givesTime) {
            this.service = service;
            this.asked = asked;
            this.givesTime = givesTime;
        }

        boolean givesTime() {
            return givesTime;
        }

        Place place(VerificationTime.Used used, String process) {
            return new Place(used.of(service), asked, process);
        }
    }

    /** @param givesTime whether it gives others time, see {@link VerificationOrder} */
    Entry add(String service, Instant asked, boolean givesTime) {
        Entry entry = new Entry(service, asked, givesTime);
        entries.add(entry);
        return entry;
    }

    void remove(Entry entry) {
        entries.remove(entry);
    }

    /** Returns the entry with the first place; the earlier arrival of two equal places. */
    Entry first(VerificationTime.Used used, String process) {
        return entries.stream()
                .min(Comparator.comparing(one -> one.place(used, process)))
                .orElseThrow();
    }
}
