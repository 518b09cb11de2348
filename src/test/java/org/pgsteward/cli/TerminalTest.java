package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The output on a terminal: columns, colours and progress lines. */
@Tag("fast")
class TerminalTest {
    private static final Colours PLAIN = Colours.of(false, Map.of());
    private static final Colours COLOURFUL = Colours.of(true, Map.of("TERM", "xterm"));

    @Test
    void columnsAreAlignedAndNumbersToTheRight() {
        TextTable table = new TextTable(PLAIN, "SERVICE", "SIZE>", "STATE");
        table.row("wiki", "9 B", "verified");
        table.row("paperless-ngx", "112 MiB", "failed");
        assertThat(printed(table, Integer.MAX_VALUE)).isEqualTo("""
                SERVICE           SIZE  STATE
                wiki               9 B  verified
                paperless-ngx  112 MiB  failed
                """);
    }

    @Test
    void coloursTakeNoRoom() {
        TextTable table = new TextTable(COLOURFUL, "STATE", "AGE");
        table.row(COLOURFUL.state("verified"), "1 h");
        table.row(COLOURFUL.state("failed"), "2 h");
        assertThat(printed(table, Integer.MAX_VALUE))
                .startsWith("\u001b[2mSTATE     AGE\u001b[")
                .contains("verified\u001b[39m\u001b[0m  1 h\n", "failed\u001b[39m\u001b[0m    2 h\n");
    }

    @Test
    void theLastColumnsThatDoNotFitAreLeftOut() {
        TextTable table = new TextTable(PLAIN, "SERVICE", "STATE", "SESSIONS>");
        table.row("wiki", "verified", "3");
        assertThat(printed(table, 27)).contains("SESSIONS");
        assertThat(printed(table, 26)).isEqualTo("SERVICE  STATE\nwiki     verified\n");
        assertThat(printed(table, 3)).isEqualTo("SERVICE\nwiki\n");
    }

    @Test
    void coloursNeedATerminalAndAreOptional() {
        assertThat(COLOURFUL.fine("well").toString()).isEqualTo("\u001b[32mwell\u001b[39m\u001b[0m");
        assertThat(PLAIN.fine("well").toString()).isEqualTo("well");
        assertThat(Colours.of(true, Map.of("NO_COLOR", "1")).critical("ill").toString())
                .isEqualTo("ill");
        assertThat(Colours.of(true, Map.of("NO_COLOR", "")).critical("ill").toString())
                .isNotEqualTo("ill");
        assertThat(Colours.of(true, Map.of("TERM", "dumb")).critical("ill").toString())
                .isEqualTo("ill");
    }

    /** Picocli interprets such marks as colours if a text is not an argument of its own. */
    @Test
    void namesThatLookLikeMarkupStayAsTheyAre() {
        assertThat(COLOURFUL.bold("@|red wiki|@").toString()).contains("@|red wiki|@");
        assertThat(PLAIN.plain("@|red wiki|@").toString()).isEqualTo("@|red wiki|@");
    }

    @Test
    void wideCharactersTakeTwoColumns() {
        TextTable table = new TextTable(PLAIN, "SERVICE", "STATE");
        table.row("図書館", "verified");
        table.row("wiki", "failed");
        assertThat(printed(table, Integer.MAX_VALUE)).contains("図書館   verified\n", "wiki     failed\n");
    }

    @Test
    @Timeout(300)
    void longWorkShowsProgressAndLeavesAnEmptyLine() throws Exception {
        StringWriter err = new StringWriter();
        CountDownLatch said = new CountDownLatch(2);
        String result = Waiting.during(
                new PrintWriter(err),
                () -> {
                    said.countDown();
                    return "verifying wiki";
                },
                () -> {
                    said.await();
                    return "done";
                },
                true,
                Duration.ZERO);
        assertThat(result).isEqualTo("done");
        assertThat(err.toString()).startsWith("\r\u001b[Kverifying wiki, for ").endsWith("\r\u001b[K");
    }

    @Test
    void noProgressWithoutATerminalOrForQuickWork() throws Exception {
        StringWriter err = new StringWriter();
        assertThat(Waiting.during(new PrintWriter(err), () -> "x", () -> 1, false, Duration.ZERO))
                .isEqualTo(1);
        assertThat(Waiting.during(new PrintWriter(err), () -> "x", () -> 2, true, Duration.ofMinutes(1)))
                .isEqualTo(2);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void progressOfABackupIsReadFromTheStore(@TempDir Path store) throws Exception {
        Instant began = Instant.parse("2026-01-01T03:00:00Z");
        BackupProgress progress = new BackupProgress(store, 3, began);
        file(store.resolve("wiki/wiki-1.dump.zst.manifest.json"), 9, began.minusSeconds(1));
        file(store.resolve("app/app-1.dump.zst.manifest.json"), 9, began);
        assertThat(progress.get()).isEqualTo("1 of 3 stored; verifying");
        file(store.resolve("wiki/wiki-2.dump.zst.part"), 2048, began.plusSeconds(5));
        file(store.resolve("app/app-2.dump.zst.manifest.json.part"), 9, began.plusSeconds(5));
        assertThat(progress.get()).isEqualTo("1 of 3 stored; writing wiki, 2 KiB");
        assertThat(new BackupProgress(store.resolve("none"), 3, began).get()).isEqualTo("backing up");
    }

    private static void file(Path file, int bytes, Instant written) throws Exception {
        Files.createDirectories(file.resolveSibling("."));
        Files.write(file, new byte[bytes]);
        Files.setLastModifiedTime(file, FileTime.from(written));
    }

    private static String printed(TextTable table, int most) {
        StringWriter out = new StringWriter();
        table.print(new PrintWriter(out), most);
        return out.toString();
    }
}
