package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class RecentClientsTest {
    @Test
    void forgetsThoseThatWereSeenLongestAgo() {
        RecentClients clients = new RecentClients();
        for (int pid = 1; pid <= RecentClients.MOST; pid++) {
            clients.add(pid, new ServerGuard.Client("wiki", "wiki", false, false));
        }
        clients.add(1, new ServerGuard.Client("photos", "photos", false, false));
        clients.add(100_000, new ServerGuard.Client("wiki", "wiki", false, false));

        assertThat(clients.copy())
                .hasSize(RecentClients.MOST)
                .containsEntry(1, new ServerGuard.Client("photos", "photos", false, false))
                .containsKey(100_000)
                .doesNotContainKey(2);
    }
}
