/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.client.SftpErrorDataHandler;
import org.apache.sshd.sftp.client.SftpMessage;
import org.apache.sshd.sftp.client.SftpVersionSelector;
import org.apache.sshd.sftp.client.impl.DefaultSftpClient;
import org.apache.sshd.sftp.client.impl.DefaultSftpClientFactory;

/**
 * A client for several threads. The library's own sends one request at a time, but does not make a second thread wait: it
 * fails with a {@code WritePendingException} there. Answers find who asked by themselves.
 */
final class SharedSftpClient extends DefaultSftpClient {
    private static final Factory FACTORY = new Factory();

    private SharedSftpClient(ClientSession session, SftpVersionSelector versions, SftpErrorDataHandler errors)
            throws IOException {
        super(session, versions, errors);
    }

    /** In a channel of its own of this session. */
    static SftpClient open(ClientSession session) throws IOException {
        return FACTORY.createSftpClient(session);
    }

    @Override
    public synchronized int send(int command, Buffer request) throws IOException {
        return super.send(command, request);
    }

    @Override
    public synchronized SftpMessage write(int command, Buffer request) throws IOException {
        return super.write(command, request);
    }

    private static final class Factory extends DefaultSftpClientFactory {
        @Override
        protected DefaultSftpClient createDefaultSftpClient(
                ClientSession session, SftpVersionSelector versions, SftpErrorDataHandler errors) throws IOException {
            return new SharedSftpClient(session, versions, errors);
        }
    }
}
