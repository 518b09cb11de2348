package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.retention.RetentionSettings;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.NeedsPostgres;

/** Passes that run while a night makes further backups. */
@NeedsPostgres
class CopiesDuringANightIT {
    private CopyHost here;
    private Path folder;

    @BeforeEach
    void start() throws Exception {
        here = new CopyHost();
        folder = Files.createDirectory(here.host.folder().resolve("folder"));
        here.start(Map.of("pgsteward.copy.folder.dir", folder.toString()));
    }

    @AfterEach
    void close() throws Exception {
        here.close();
    }

    @Test
    void aSetThatChangesDuringItsCopyFailsNoPass() throws Exception {
        here.backUp("app");
        String path = "_sets/20260501T030000Z.json";
        Path set = here.host.store().resolve(path);
        Files.createDirectories(set.resolveSibling(""));
        Files.writeString(set, "{\"backups\": 1}");
        CopyPlace place = before(file -> {
            if (file.path().equals(path)) {
                Files.writeString(set, "{\"backups\": 2}");
            }
        });
        assertThat(pass(place).failure()).isEmpty();
        assertThat(folder.resolve(path)).hasContent("{\"backups\": 1}");

        assertThat(pass(here.wiring().copyTargets().place("folder")).failure()).isEmpty();
        assertThat(folder.resolve(path)).hasContent("{\"backups\": 2}");
    }

    @Test
    void backupsMadeDuringAPassAreCopiedRightAfterIt() throws Exception {
        Backup app = here.backUp("app");
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        try (Copies copies = copies(before(file -> {
            began.countDown();
            open.await();
        }))) {
            copies.run(null);
            began.await();
            Backup other = here.backUp("other");
            copies.run(null);
            open.countDown();
            await().until(() -> !copies.isBusy());
            here.awaitRows();
            assertThat(here.copies("folder")).containsExactly(app.id() + " there");

            copies.run(null);
            await().until(() -> !copies.isBusy());
            here.awaitRows();
            assertThat(here.copies("folder")).containsExactly(app.id() + " there", other.id() + " there");
        }
    }

    private CopyPass.Result pass(CopyPlace place) throws Exception {
        here.awaitRows();
        CopyTarget target = here.wiring().copyTargets().all().get(0);
        return here.wiring().copyPass().run(target, place, service -> Optional.empty());
    }

    /** The daemon's copies to the folder. */
    private Copies copies(CopyPlace place) {
        Wiring wiring = here.wiring();
        CopyTargets targets = new CopyTargets() {
            @Override
            public List<CopyTarget> all() {
                return wiring.copyTargets().all();
            }

            @Override
            public CopyPlace place(String target) {
                return place;
            }
        };
        return new Copies(
                targets,
                wiring.copyPass(),
                wiring.copyDrill(),
                new CopyAlerts(wiring.alerts, wiring.reporter, wiring.clock),
                new RetentionSettings(wiring.rows, service -> false, service -> Optional.empty()),
                wiring.house,
                wiring.copies.rows(),
                wiring.clock);
    }

    private interface Event {
        void happens(Outgoing file) throws IOException, InterruptedException;
    }

    /** The folder, in which an event happens before a file is stored. */
    private CopyPlace before(Event event) {
        CopyPlace real = here.wiring().copyTargets().place("folder");
        return (CopyPlace) Proxy.newProxyInstance(
                CopyPlace.class.getClassLoader(), new Class<?>[] {CopyPlace.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("put")) {
                        event.happens((Outgoing) arguments[0]);
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }
}
