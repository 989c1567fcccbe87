/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpException;

/**
 * A remote file for reading here and there. It reads a block at a time, because its readers go through an
 * archive's directory in bits of some bytes, and each question costs a round trip.
 */
final class SftpReadChannel implements SeekableByteChannel {
    private static final int BLOCK_BYTES = 1 << 17;

    private final SftpClient sftp;
    private final SftpClient.CloseableHandle handle;
    private final long size;
    private final byte[] block = new byte[BLOCK_BYTES];
    private long blockAt;
    private int blockLength;
    private long position;

    SftpReadChannel(SftpClient sftp, SftpClient.CloseableHandle handle, long size) {
        this.sftp = sftp;
        this.handle = handle;
        this.size = size;
    }

    @Override
    public synchronized int read(ByteBuffer target) throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if (!target.hasRemaining()) {
            return 0;
        }
        if (position < blockAt || position >= blockAt + blockLength) {
            fetch();
        }
        int offset = (int) (position - blockAt);
        if (offset >= blockLength) {
            return -1;
        }
        int length = Math.min(target.remaining(), blockLength - offset);
        target.put(block, offset, length);
        position += length;
        return length;
    }

    private void fetch() throws IOException {
        blockAt = position;
        blockLength = 0;
        try {
            while (blockLength < BLOCK_BYTES) {
                int read = sftp.read(handle, blockAt + blockLength, block, blockLength, BLOCK_BYTES - blockLength);
                if (read <= 0) {
                    break;
                }
                blockLength += read;
            }
        } catch (SftpException e) {
            throw SshFiles.failure(Path.of("."), e);
        } catch (IOException e) {
            throw new HostLostException("the connection was lost while a file was read: " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public synchronized SeekableByteChannel position(long newPosition) {
        position = newPosition;
        return this;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean isOpen() {
        return handle.isOpen();
    }

    @Override
    public void close() throws IOException {
        handle.close();
    }

    @Override
    public int write(ByteBuffer source) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long newSize) {
        throw new NonWritableChannelException();
    }
}
