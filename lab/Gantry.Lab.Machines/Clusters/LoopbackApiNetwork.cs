using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>API servers on loopback addresses, with real TLS.</summary>
internal sealed class LoopbackApiNetwork(TimeProvider time) : IApiNetwork
{
    public async Task<IAsyncDisposable> ServeAsync(
        LabCluster cluster,
        IPEndPoint address,
        ApiIdentity identity,
        CancellationToken cancellationToken
    ) =>
        await KubernetesFace.StartAsync(
            cluster,
            new KubernetesFaceOptions(address, identity.Serving, [identity.ClientAuthority])
            {
                Version = identity.Version,
                HasEtcd = identity.HasEtcd,
            },
            cancellationToken
        );

    public Task<IAsyncDisposable> ServeEtcdAsync(
        EtcdGateway gateway,
        IPEndPoint address,
        EtcdIdentity identity,
        CancellationToken cancellationToken
    ) => EtcdFace.StartAsync(gateway, address, identity, time, cancellationToken);

    public async Task<string?> ProbeAsync(ApiTarget target, string caPem, CancellationToken cancellationToken)
    {
        using var authority = X509Certificate2.CreateFromPem(caPem);
        string? problem = null;
        try
        {
            using var answer = await GetAsync(
                target,
                "/readyz",
                certificate => (problem = CertificateProblem(certificate, authority, target.Host)) is null,
                cancellationToken
            );
            return answer.IsSuccessStatusCode ? null : $"/readyz answers {(int)answer.StatusCode}";
        }
        catch (HttpRequestException unreachable)
        {
            return problem ?? unreachable.Message;
        }
    }

    public async Task<string> ClusterInfoAsync(ApiTarget target, CancellationToken cancellationToken)
    {
        using var answer = await GetAsync(
            target,
            "/api/v1/namespaces/kube-public/configmaps/cluster-info",
            _ => true,
            cancellationToken
        );
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode && JsonNode.Parse(body)?["data"]?["kubeconfig"]?.ToString() is { } kubeconfig
            ? kubeconfig
            : throw new HttpRequestException($"configmaps \"cluster-info\": the server answers {(int)answer.StatusCode}");
    }

    private static async Task<HttpResponseMessage> GetAsync(
        ApiTarget target,
        string path,
        Func<X509Certificate2, bool> trust,
        CancellationToken cancellationToken
    )
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.Zero,
            SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = target.Host,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    certificate is X509Certificate2 known && trust(known),
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{target.Address}{path}"));
        request.Headers.Host = target.Host;
        try
        {
            return await client.SendAsync(request, cancellationToken);
        }
        catch (TaskCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException("context deadline exceeded", late);
        }
    }

    private string? CertificateProblem(X509Certificate2 certificate, X509Certificate2 authority, string host)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        return !chain.Build(certificate) ? "tls: failed to verify certificate: x509: certificate signed by unknown authority"
            : !certificate.MatchesHostname(host) ? $"tls: failed to verify certificate: x509: certificate is not valid for {host}"
            : null;
    }
}
