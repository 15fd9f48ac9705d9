using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Tells which control planes stand behind an endpoint by the serving certificates that connections meet: kubeadm gives each API server
/// one of its own. Each connection asks for <c>/readyz</c>: an API server whose etcd is gone completes the handshake, and answers that
/// it is alive. It is asked with the engine's certificate, because a profile may forbid anonymous requests.
/// </summary>
internal sealed class EndpointProbe(WorkloadAccess access)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Lazy<SslStreamCertificateContext> _identity = new(() =>
        SslStreamCertificateContext.Create(
            X509Certificate2.CreateFromPem(access.Api.CertificatePem, access.Api.KeyPem),
            additionalCertificates: null,
            offline: true
        )
    );

    /// <inheritdoc cref="IWorkloadCluster.ProbeEndpointAsync"/>
    public async Task<EndpointReach> ProbeAsync(IReadOnlyList<string> controlPlanes, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(cancellationToken);
        var direct = await Task.WhenAll(
            controlPlanes.Select(async address =>
                (Address: address, Met: await ConnectAsync(IPAddress.Parse(address), EndpointPlan.Port, cancellationToken))
            )
        );
        var serving = direct.Where(one => one.Met.Certificate is not null).ToList();

        // One after the other: a load balancer that goes round shows each of its servers once before it shows one again.
        var met = new List<Answer>();
        for (var connection = 0; connection < (2 * controlPlanes.Count) + 1; connection++)
        {
            met.Add(await ConnectAsync(addresses[connection % addresses.Length], access.Endpoint.Port, cancellationToken));
        }

        return new EndpointReach(
            [.. serving.Select(one => one.Address)],
            [.. serving.Where(one => met.Exists(answer => answer.Certificate == one.Met.Certificate)).Select(one => one.Address)],
            met.Select(answer => answer.Problem).LastOrDefault(problem => problem is not null)
        );
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(access.Endpoint.Host, out var literal))
        {
            return [literal];
        }

        try
        {
            return await Dns.GetHostAddressesAsync(access.Endpoint.Host, cancellationToken) is { Length: > 0 } found
                ? found
                : throw new WorkloadException(unreachable: true, $"the gateway finds no address of {access.Endpoint.Host}");
        }
        catch (SocketException unknown)
        {
            throw new WorkloadException(
                unreachable: true,
                $"the gateway cannot resolve {access.Endpoint.Host}: {unknown.Message}",
                unknown
            );
        }
    }

    private async Task<Answer> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
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

    private string Host =>
        access.Endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{access.Endpoint.Host}]" : access.Endpoint.Host;

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

    private sealed record Answer(string? Certificate, string? Problem);
}
