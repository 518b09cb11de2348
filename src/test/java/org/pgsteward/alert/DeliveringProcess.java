package org.pgsteward.alert;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.pgsteward.io.Json;
import org.pgsteward.model.Notification;

/**
 * A process that puts notices and delivers them by HTTP, with the real outbox and couriers, until it is killed. Prints
 * {@code put ID} once a notice is on disk. It is light, because the test starts it a hundred times.
 */
public final class DeliveringProcess {
    static final List<String> RECEIVERS = List.of("hook", "other");

    private DeliveringProcess() {}

    /**
     * @param args the state folder, the server's address, a name for this run, and the number of notices to put; with 0
     *     the process only delivers the stored notices and ends
     */
    public static void main(String[] args) throws Exception {
        Outbox outbox = new Outbox(Path.of(args[0]), Json.mapper(), Clock.systemUTC(), () -> RECEIVERS);
        int count = Integer.parseInt(args[3]);
        // At most six notices wait at a time, so that each run delivers as many as it puts.
        Semaphore credit = new Semaphore(6);
        for (String receiver : RECEIVERS) {
            Semaphore calls = new Semaphore(0);
            outbox.whenPut(name -> calls.release());
            DeliveryScheduler scheduler = new DeliveryScheduler(
                    receiver,
                    outbox,
                    (name, notice) -> {
                        post(args[1] + "/" + name, notice);
                        credit.release();
                    },
                    Clock.systemUTC(),
                    DeliveryScheduler.Rests.USUAL,
                    Fallbacks.NONE,
                    condition -> {});
            Thread thread = new Thread(() -> carry(scheduler, calls));
            thread.setDaemon(true);
            thread.start();
        }
        System.out.println("ready");
        for (int i = 0; i < count; i++) {
            credit.acquire(RECEIVERS.size());
            String id = args[2] + "-" + i;
            outbox.put(new Notification(
                    id, "firing", "warning", "kind", "s" + i % 3, Instant.EPOCH, "title", "text", "", Map.of()));
            System.out.println("put " + id);
        }
        while (RECEIVERS.stream().anyMatch(receiver -> outbox.depth(receiver) > 0)) {
            credit.tryAcquire(20, TimeUnit.MILLISECONDS);
        }
    }

    private static void carry(DeliveryScheduler scheduler, Semaphore calls) {
        try {
            while (true) {
                calls.tryAcquire(scheduler.deliver().toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static void post(String url, Notification notice) throws Sender.NotTaken {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            try (OutputStream body = connection.getOutputStream()) {
                body.write(notice.id().getBytes(StandardCharsets.UTF_8));
            }
            if (connection.getResponseCode() / 100 != 2) {
                throw new Sender.NotTaken("it answers " + connection.getResponseCode());
            }
            connection.disconnect();
        } catch (IOException failed) {
            throw new Sender.NotTaken(failed.toString());
        }
    }
}
