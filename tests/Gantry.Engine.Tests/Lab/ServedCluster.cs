using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;

namespace Gantry.Engine.Tests.Lab;

/// <summary>An emulated cluster of a control plane and a worker, served over TLS, and the engine's own way in.</summary>
internal sealed class ServedCluster : IAsyncDisposable
{
    private readonly KubernetesFace _face;
    private readonly string _address;

    private ServedCluster(LabCluster cluster, KubernetesFace face, string address, string pki)
    {
        (Cluster, _face, _address, Pki) = (cluster, face, address, pki);
        Workload = Open(address);
    }

    public static KubeadmDistribution Documents { get; } = new();

    public LabCluster Cluster { get; }

    public IWorkloadCluster Workload { get; }

    public string Pki { get; }

    public int Port => _face.EndPoint.Port;

    /// <param name="podStop">Time from the deletion of a pod to its removal; 20 ms without it.</param>
    public static async Task<ServedCluster> StartAsync(
        string address,
        CancellationToken cancellationToken,
        TimeSpan? podStop = null
    )
    {
        var now = TimeProvider.System.GetUtcNow();
        var pki = Documents.CreatePki(Some.Cluster(), now);
        var cluster = LabCluster.Open(
            "engine",
            "v1.33.5",
            new MemoryLabStore(),
            TimeProvider.System,
            new LabClusterPace(TimeSpan.FromMilliseconds(20), podStop ?? TimeSpan.FromMilliseconds(20))
        );
        cluster.AddNode(new LabNode("cp", "10.0.0.10", "v1.33.5") { IsControlPlane = true });
        cluster.AddNode(new LabNode("worker", "10.0.0.11", "v1.33.5"));
        cluster.PutKubeadmAccess();
        var keys = ClusterPki.Read(pki);
        var served = await KubernetesFace.StartAsync(
            cluster,
            new KubernetesFaceOptions(
                new IPEndPoint(IPAddress.Parse(address), 0),
                Serving(keys, now, address, "api.lab.example"),
                [X509Certificate2.CreateFromPem(keys.Ca)]
            ),
            cancellationToken
        );
        return new ServedCluster(cluster, served, address, pki);
    }

    public IWorkloadCluster Open(string host, params string[] controlPlanes) =>
        new KubernetesWorkloads(new KubeadmDistribution()).Open(
            Documents.Access(
                new ClusterId("id"),
                new ApiEndpoint(host, Port),
                controlPlanes,
                Pki,
                TimeProvider.System.GetUtcNow()
            )
        );

    /// <summary>The engine's way in with another user's certificate, who may do what the cluster's roles say.</summary>
    public IWorkloadCluster OpenAs(string user, string group)
    {
        var now = TimeProvider.System.GetUtcNow();
        var (certificate, key, _) = ClusterPki.Read(Pki).IssueClient(user, group, now, TimeSpan.FromHours(1));
        var access = Documents.Access(new ClusterId("id"), new ApiEndpoint(_address, Port), [], Pki, now);
        return new KubernetesWorkloads(new KubeadmDistribution()).Open(
            access with
            {
                Api = access.Api with { CertificatePem = certificate, KeyPem = key },
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        Workload.Dispose();
        await _face.DisposeAsync();
        Cluster.Dispose();
    }

    private static X509Certificate2 Serving(ClusterPki keys, DateTimeOffset now, string address, string name)
    {
        using var ca = X509Certificate2.CreateFromPem(keys.Ca, keys.CaKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(ca, now.AddMinutes(-5), now.AddDays(1), [1, 2, 3]);
        using var pair = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pfx), password: null);
    }
}
