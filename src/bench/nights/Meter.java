package org.pgsteward.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * TCP ports that all lead to one server, and count the bytes of their clients. See src/bench/nights/run.
 *
 * <p>Arguments are the port of the server, a folder, and names. The folder gets a file {@code NAME.port} for each name. A
 * line of its file {@code bytes} has a name, the bytes to the server, and the bytes from it.
 */
final class Meter {
    private static final int BLOCK = 65536;
    private static final long PAUSE_MILLIS = 100;

    private final int server;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();

    private Meter(int server) {
        this.server = server;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[1]);
        Map<String, Meter> meters = new TreeMap<>();
        for (int i = 2; i < arguments.length; i++) {
            Meter meter = new Meter(Integer.parseInt(arguments[0]));
            meters.put(arguments[i], meter);
            ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            start(() -> meter.accept(listener));
            Files.writeString(folder.resolve(arguments[i] + ".port"), listener.getLocalPort() + "\n");
        }
        String written = "";
        while (true) {
            StringBuilder lines = new StringBuilder();
            meters.forEach((name, meter) -> lines.append(name + " " + meter.sent + " " + meter.received + "\n"));
            if (!lines.toString().equals(written)) {
                written = lines.toString();
                Path part = Files.writeString(folder.resolve("bytes.part"), written);
                Files.move(part, folder.resolve("bytes"), StandardCopyOption.ATOMIC_MOVE);
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException ended) {
                // One end closed the connection.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(ServerSocket listener) throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket behind = new Socket(InetAddress.getLoopbackAddress(), server);
            start(() -> forward(client, behind, sent));
            start(() -> forward(behind, client, received));
        }
    }

    private static void forward(Socket from, Socket to, AtomicLong count) throws IOException {
        byte[] block = new byte[BLOCK];
        try {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            for (int read = input.read(block); read >= 0; read = input.read(block)) {
                output.write(block, 0, read);
                count.addAndGet(read);
            }
            to.shutdownOutput();
        } catch (IOException broken) {
            from.close();
            to.close();
        }
    }
}
