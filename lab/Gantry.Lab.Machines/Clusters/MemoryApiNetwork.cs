using System.Collections.Concurrent;
using System.Net;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>A network without sockets, for single-threaded simulations: a table of the servers by address.</summary>
internal sealed class MemoryApiNetwork : IApiNetwork
{
    private readonly ConcurrentDictionary<IPEndPoint, (LabCluster Cluster, ApiIdentity Identity)> _servers = new();
    private readonly ConcurrentDictionary<IPEndPoint, EtcdGateway> _etcd = new();

    public Task<IAsyncDisposable> ServeAsync(
        LabCluster cluster,
        IPEndPoint address,
        ApiIdentity identity,
        CancellationToken cancellationToken
    ) =>
        _servers.TryAdd(address, (cluster, identity))
            ? Task.FromResult<IAsyncDisposable>(new Listener(() => _servers.TryRemove(address, out _)))
            : throw new IOException($"Failed to bind to address {address}: address already in use.");

    public Task<IAsyncDisposable> ServeEtcdAsync(
        EtcdGateway gateway,
        IPEndPoint address,
        EtcdIdentity identity,
        CancellationToken cancellationToken
    ) =>
        _etcd.TryAdd(address, gateway)
            ? Task.FromResult<IAsyncDisposable>(new Listener(() => _etcd.TryRemove(address, out _)))
            : throw new IOException($"Failed to bind to address {address}: address already in use.");

    /// <summary>The etcd member that listens at an address; null means connection refused.</summary>
    public EtcdGateway? EtcdAt(IPEndPoint address) => _etcd.GetValueOrDefault(address);

    public Task<string?> ProbeAsync(ApiTarget target, string caPem, CancellationToken cancellationToken) =>
        Task.FromResult(
            !_servers.TryGetValue(target.Address, out var server) ? $"dial tcp {target.Address}: connect: connection refused"
            : !server.Identity.HasEtcd ? "/readyz answers 500"
            : server.Identity.ClientAuthority.ExportCertificatePem().Trim() != caPem.Trim()
                ? "tls: failed to verify certificate: x509: certificate signed by unknown authority"
            : !server.Identity.Serving.MatchesHostname(target.Host)
                ? $"tls: failed to verify certificate: x509: certificate is not valid for {target.Host}"
            : null
        );

    public Task<string> ClusterInfoAsync(ApiTarget target, CancellationToken cancellationToken) =>
        _servers.TryGetValue(target.Address, out var server)
        && server.Identity.HasEtcd
        && server.Cluster.Find(KubeResources.ConfigMaps, "kube-public", "cluster-info")?["data"]?["kubeconfig"]?.ToString()
            is { } kubeconfig
            ? Task.FromResult(kubeconfig)
            : throw new HttpRequestException($"dial tcp {target.Address}: connect: connection refused");

    private sealed class Listener(Action stop) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            stop();
            return ValueTask.CompletedTask;
        }
    }
}
