package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentClientsTest {
    @Test
    void forgetsThoseThatWereSeenLongestAgo() {
        RecentClients clients = new RecentClients();
        for (int pid = 1; pid <= RecentClients.MOST; pid++) {
            clients.see(pid, new CatalogGuard.Client("wiki", "wiki"));
        }
        clients.see(1, new CatalogGuard.Client("photos", "photos"));
        clients.see(100_000, new CatalogGuard.Client("wiki", "wiki"));

        assertThat(clients.copy())
                .hasSize(RecentClients.MOST)
                .containsEntry(1, new CatalogGuard.Client("photos", "photos"))
                .containsKey(100_000)
                .doesNotContainKey(2);
    }
}
