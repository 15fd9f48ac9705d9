using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gantry.Clusters.Distributions;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Asks single API servers of a cluster for <c>/readyz</c>: one whose etcd is gone accepts connections, completes the handshake and answers
/// that it is alive. It is asked with the engine's certificate, because a profile may forbid anonymous requests.
/// </summary>
internal sealed class ApiServerProbe(WorkloadAccess access)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Lazy<SslStreamCertificateContext> _identity = new(() =>
        SslStreamCertificateContext.Create(
            X509Certificate2.CreateFromPem(access.Api.CertificatePem, access.Api.KeyPem),
            additionalCertificates: null,
            offline: true
        )
    );

    private string Host =>
        access.Endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{access.Endpoint.Host}]" : access.Endpoint.Host;

    /// <summary>The first of these addresses at which an API server of the cluster says that it is ready; they are asked at once.</summary>
    /// <returns><c>null</c> when none does.</returns>
    public async Task<IPAddress?> FindReadyAsync(IEnumerable<IPAddress> addresses, int port, CancellationToken cancellationToken)
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asked = addresses
            .Select(async address => (Address: address, Answer: await AskAsync(address, port, found.Token)))
            .ToList();
        try
        {
            while (asked.Count > 0)
            {
                var next = await Task.WhenAny(asked);
                asked.Remove(next);
                if ((await next).Answer.Certificate is not null)
                {
                    return (await next).Address;
                }
            }

            return null;
        }
        finally
        {
            await found.CancelAsync();
            await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task<Answer> AskAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            string? certificate = null;
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = access.Endpoint.Host,
                    ClientCertificateContext = _identity.Value,
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                        (certificate = shown is X509Certificate2 known && IsOfCluster(known) ? known.Thumbprint : null)
                            is not null,
                },
                limit.Token
            );
            return await AskAsync(tls, limit.Token) is { } problem ? new Answer(null, problem) : new Answer(certificate, null);
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            return new Answer(
                null,
                failure is AuthenticationException ? "a server that is none of the cluster answers" : failure.Message
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer(null, $"{address} does not answer within {Limit.TotalSeconds:0} seconds");
        }
    }

    // The problem of an API server that is not ready; null when it is.
    private async Task<string?> AskAsync(SslStream tls, CancellationToken cancellationToken)
    {
        var request = $"GET /readyz HTTP/1.1\r\nHost: {Host}\r\nUser-Agent: gantry\r\n\r\n";
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request), cancellationToken);

        // The server keeps the connection, and this side ends it.
        using var answer = new StreamReader(tls, Encoding.ASCII, leaveOpen: true);
        var status = (await answer.ReadLineAsync(cancellationToken))?.Split(' ') ?? [];
        return status is [_, "200", ..] ? null
            : status is [_, var code, ..] ? $"an API server is not ready: /readyz answers {code}"
            : "an API server is not ready: it ends the connection";
    }

    private bool IsOfCluster(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(access.Api.CaPem);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        // Who answers is asked here, not whether its certificate has expired.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    /// <param name="Certificate">The thumbprint of the server's certificate; <c>null</c> when it is not ready or not of the cluster.</param>
    public sealed record Answer(string? Certificate, string? Problem);
}
