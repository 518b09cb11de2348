package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.pgsteward.overview.SampleHost;

/**
 * Draws the picture of the status page in the README, and pictures of both pages for a check by eye: light, dark and on a
 * phone. The build does not run it. To run it:
 *
 * <pre>mvn -q -B test -Dtest=StatusPicture</pre>
 */
@NeedsBrowser
class StatusPicture {
    private static final Path README = Path.of("src/docs/status-page.png");
    private static final Path FOLDER = Path.of("target/pictures");
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
    private static final int WIDTH = 1200;
    private static final int HEIGHT = 820;
    private static final int PHONE = 360;
    private static final long MOST_BYTES = 150_000;
    private static final int COLOURS = 256;
    private static final int MOST_FREQUENT = 128;

    @Test
    void drawsThePictureOfTheReadme() throws Exception {
        Path file = picture("status", statusPage(), WIDTH, HEIGHT, false);
        write(reduced(ImageIO.read(file.toFile())), README);
        assertThat(Files.size(README)).isLessThan(MOST_BYTES);
    }

    @Test
    void drawsBothPagesInEveryForm() throws Exception {
        Map<String, String> pages = Map.of("status", statusPage(), "service", servicePage());
        for (Map.Entry<String, String> page : pages.entrySet()) {
            for (boolean dark : List.of(false, true)) {
                String name = page.getKey() + (dark ? "-dark" : "-light");
                picture(name, page.getValue(), WIDTH, 1500, dark);
                picture(name + "-phone", page.getValue(), PHONE, 1600, dark);
            }
        }
    }

    private static String statusPage() {
        return new StatusPage(SampleHost::overview, ZONE).now().html();
    }

    private static String servicePage() {
        return new ServicePage(SampleHost::overview, service -> SampleHost.history(), ZONE)
                .of("nextcloud")
                .orElseThrow()
                .html();
    }

    private static Path picture(String name, String html, int width, int height, boolean dark) throws Exception {
        Path file = Files.createDirectories(FOLDER).resolve(name + ".png");
        // No window of Chromium is as narrow as a phone, so the page is in a frame.
        String frame = "<!DOCTYPE html><style>body{margin:0}iframe{border:0}</style><iframe width=\"" + width
                + "\" height=\"" + height + "\" src=\"/page\"></iframe>";
        String address = PageServer.serve(Map.of("/", frame, "/page", html), Optional.empty());
        Browser.picture(address, width, height, dark, file);
        return file;
    }

    /** Returns the picture with a palette of 256 colours. */
    private static BufferedImage reduced(BufferedImage picture) {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                counts.merge(picture.getRGB(x, y) & 0xFFFFFF, 1, Integer::sum);
            }
        }
        List<Integer> palette = palette(counts);
        int[] rgb = palette.stream().mapToInt(Integer::intValue).toArray();
        IndexColorModel colours = new IndexColorModel(8, rgb.length, rgb, 0, false, -1, DataBuffer.TYPE_BYTE);
        BufferedImage reduced =
                new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, colours);
        Map<Integer, Integer> nearest = new HashMap<>();
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int colour = picture.getRGB(x, y) & 0xFFFFFF;
                reduced.getRaster().setSample(x, y, 0, nearest.computeIfAbsent(colour, new Nearest(palette)::of));
            }
        }
        return reduced;
    }

    /** Returns the most frequent colours, and then those that differ most from them. */
    private static List<Integer> palette(Map<Integer, Integer> counts) {
        List<Integer> byFrequency = counts.entrySet().stream()
                .sorted(Map.Entry.<Integer, Integer>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .toList();
        List<Integer> palette = new ArrayList<>(byFrequency.subList(0, Math.min(MOST_FREQUENT, byFrequency.size())));
        while (palette.size() < Math.min(COLOURS, byFrequency.size())) {
            Nearest nearest = new Nearest(palette);
            palette.add(byFrequency.stream()
                    .max(Comparator.comparingInt(nearest::error))
                    .orElseThrow());
        }
        return palette;
    }

    /** The search of a palette for the colour that is nearest to another one. */
    private record Nearest(List<Integer> palette) {
        int of(int colour) {
            int best = 0;
            for (int i = 1; i < palette.size(); i++) {
                if (distance(colour, palette.get(i)) < distance(colour, palette.get(best))) {
                    best = i;
                }
            }
            return best;
        }

        int error(int colour) {
            return distance(colour, palette.get(of(colour)));
        }

        private static int distance(int one, int other) {
            int sum = 0;
            for (int shift = 0; shift <= 16; shift += 8) {
                int apart = (one >> shift & 0xFF) - (other >> shift & 0xFF);
                sum += apart * apart;
            }
            return sum;
        }
    }

    private static void write(BufferedImage picture, Path file) throws IOException {
        ImageWriter writer = ImageIO.getImageWriters(ImageTypeSpecifier.createFromRenderedImage(picture), "png")
                .next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream output = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam smallest = writer.getDefaultWriteParam();
            smallest.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            smallest.setCompressionQuality(0);
            writer.setOutput(output);
            writer.write(null, new IIOImage(picture, null, null), smallest);
        } finally {
            writer.dispose();
        }
        Files.write(file, bytes.toByteArray());
    }
}
