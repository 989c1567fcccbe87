/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.sshd.sftp.common.SftpException;

/** Streams of a remote file that say whether the file or the connection is at fault. */
final class SftpStreams {
    private SftpStreams() {}

    static InputStream input(SshConnection connection, Path file, InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                try {
                    return in.read(target, offset, length);
                } catch (IOException e) {
                    throw fault(connection, file, e);
                }
            }
        };
    }

    static OutputStream output(SshConnection connection, Path file, OutputStream out) {
        return new FilterOutputStream(out) {
            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                try {
                    out.write(source, offset, length);
                } catch (IOException e) {
                    throw fault(connection, file, e);
                }
            }

            @Override
            public void close() throws IOException {
                try {
                    out.close();
                } catch (IOException e) {
                    throw fault(connection, file, e);
                }
            }
        };
    }

    private static IOException fault(SshConnection connection, Path file, IOException e) {
        if (e instanceof SftpException answer) {
            return SshFiles.failure(file, answer);
        }
        connection.drop();
        return new HostLostException("the connection was lost: " + e.getMessage(), e);
    }
}
