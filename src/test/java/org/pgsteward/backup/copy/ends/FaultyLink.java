package org.pgsteward.backup.copy.ends;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP connection to a server on this machine, with faults. Clients connect to {@link #port}. Each fault lasts until
 * {@link #recover}, and also has an effect on open connections.
 */
public final class FaultyLink implements AutoCloseable {
    /** The direction of bytes, seen from the client. */
    public enum Way {
        UP,
        DOWN
    }

    private enum State {
        FORWARDS,
        STALLS,
        REFUSES,
        CLOSED
    }

    /** The bytes of one direction. */
    private static final class Meter {
        long forwarded;
        /** The number of forwarded bytes at which all connections are cut. */
        long limit = Long.MAX_VALUE;
    }

    private static final int BLOCK = 8192;

    private final int target;
    private final int port;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Socket> open = new HashSet<>();
    private final Map<Way, Meter> meters = Map.of(Way.UP, new Meter(), Way.DOWN, new Meter());

    private State state = State.FORWARDS;
    private long bytesPerSecond = Long.MAX_VALUE;
    private int cuts;
    private ServerSocket listener;
    private Thread acceptor;
    /** Keeps the port while connections are refused. */
    private Socket placeholder = new Socket();

    private FaultyLink(int target) throws IOException {
        this.target = target;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = listener.getLocalPort();
        acceptor = accept(listener);
    }

    /** Opens a link without faults to a port of this machine. */
    public static FaultyLink to(int port) throws IOException {
        return new FaultyLink(port);
    }

    public int port() {
        return port;
    }

    /** Returns the number of bytes that were forwarded since the start. */
    public long forwarded(Way way) {
        lock.lock();
        try {
            return meter(way).forwarded;
        } finally {
            lock.unlock();
        }
    }

    /** Returns how often the link was cut. */
    public int cuts() {
        lock.lock();
        try {
            return cuts;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Cuts all connections before the first byte after this number of further bytes. The same happens to later
     * connections, at their first byte in this direction, until {@link #recover}.
     */
    public void cutAfter(Way way, long bytes) {
        lock.lock();
        try {
            Meter meter = meter(way);
            meter.limit = meter.forwarded + bytes;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Cuts all connections after a random number of further bytes.
     *
     * @param most more than the largest number
     * @return the number of bytes, which is the same for the same seed
     */
    public long cutAfterRandom(Way way, long seed, int most) {
        long bytes = new Random(seed).nextInt(most);
        cutAfter(way, bytes);
        return bytes;
    }

    /** Cuts all open connections now. New ones are accepted. */
    public void cut() {
        lock.lock();
        try {
            cuts++;
            open.forEach(FaultyLink::reset);
            open.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Accepts connections and forwards no byte. */
    public void stall() {
        state(State.STALLS);
    }

    /** Cuts all connections, and refuses new ones. */
    public void refuse() throws IOException {
        state(State.REFUSES);
        cut();
        stopListening();
        placeholder = new Socket();
        placeholder.setReuseAddress(true);
        placeholder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private void stopListening() throws IOException {
        listener.close();
        try {
            // Until its thread ends, the port is not free.
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Limits the speed of each connection, in each direction. */
    public void slow(long speed) {
        lock.lock();
        try {
            bytesPerSecond = speed;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends every fault. Connections that were cut stay so. */
    public void recover() throws IOException {
        lock.lock();
        try {
            meters.values().forEach(meter -> meter.limit = Long.MAX_VALUE);
            bytesPerSecond = Long.MAX_VALUE;
            if (state == State.REFUSES) {
                placeholder.close();
                listener = new ServerSocket();
                listener.setReuseAddress(true);
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
                acceptor = accept(listener);
            }
            state(State.FORWARDS);
        } finally {
            lock.unlock();
        }
    }

    private Meter meter(Way way) {
        return Objects.requireNonNull(meters.get(way));
    }

    private void state(State next) {
        lock.lock();
        try {
            state = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Thread accept(ServerSocket from) {
        return background(() -> {
            while (true) {
                connect(from.accept());
            }
        });
    }

    private void connect(Socket client) throws IOException {
        // Also without a server behind it, the link accepts a connection and then closes it.
        Socket server = new Socket();
        register(client);
        register(server);
        background(() -> {
            try {
                waitWhileStalled();
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
            } catch (IOException noServer) {
                drop(client);
                throw noServer;
            }
            background(() -> forward(server, client, Way.DOWN));
            forward(client, server, Way.UP);
        });
    }

    private void register(Socket socket) {
        lock.lock();
        try {
            if (state == State.REFUSES || state == State.CLOSED) {
                reset(socket);
            } else {
                open.add(socket);
            }
        } finally {
            lock.unlock();
        }
    }

    private void forward(Socket from, Socket to, Way way) throws IOException {
        byte[] block = new byte[BLOCK];
        try {
            for (int read = from.getInputStream().read(block);
                    read >= 0;
                    read = from.getInputStream().read(block)) {
                int passed = 0;
                while (passed < read) {
                    int some = permit(way, read - passed);
                    to.getOutputStream().write(block, passed, some);
                    passed += some;
                }
            }
            waitWhileStalled();
            to.shutdownOutput();
        } catch (IOException broken) {
            drop(from);
            drop(to);
            throw broken;
        }
    }

    /** Waits until bytes may pass, and returns their number. At the limit it cuts all connections. */
    private int permit(Way way, int wanted) throws IOException {
        lock.lock();
        try {
            int some = wanted;
            if (bytesPerSecond < Long.MAX_VALUE) {
                // Ten times a second, so that a low speed has no long pauses.
                some = (int) Math.min(wanted, Math.max(1, bytesPerSecond / 10));
                long nanos = TimeUnit.SECONDS.toNanos(1) * some / bytesPerSecond;
                while (nanos > 0 && bytesPerSecond < Long.MAX_VALUE && state == State.FORWARDS) {
                    nanos = await(nanos);
                }
            }
            waitWhileStalled();
            Meter meter = meter(way);
            long left = meter.limit - meter.forwarded;
            if (left <= 0) {
                cut();
                throw new IOException("cut");
            }
            some = (int) Math.min(some, left);
            meter.forwarded += some;
            return some;
        } finally {
            lock.unlock();
        }
    }

    private void waitWhileStalled() throws IOException {
        lock.lock();
        try {
            while (state == State.STALLS) {
                await(TimeUnit.HOURS.toNanos(1));
            }
            if (state != State.FORWARDS) {
                throw new IOException("no link");
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for this time or a change. Callers do it in a loop. */
    @SuppressWarnings("WaitNotInLoop")
    private long await(long nanos) throws IOException {
        try {
            return changed.awaitNanos(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void drop(Socket socket) {
        lock.lock();
        try {
            reset(socket);
            open.remove(socket);
        } finally {
            lock.unlock();
        }
    }

    /** Closes a connection with a reset, as after the loss of a network. */
    private static void reset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
            // Nothing is left to close.
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Thread background(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException ended) {
                        // The connection or the link was closed.
                    }
                },
                "faulty-link");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public void close() throws IOException {
        state(State.CLOSED);
        cut();
        stopListening();
        placeholder.close();
    }
}
