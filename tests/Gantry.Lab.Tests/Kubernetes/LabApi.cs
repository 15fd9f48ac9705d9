using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;

namespace Gantry.Lab.Tests.Kubernetes;

/// <summary>
/// A cluster of one control plane node and three workers, served over TLS with a certificate authority of its own.
/// </summary>
public sealed class LabApi : IAsyncDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-kube-").FullName;

    private LabApi(LabCluster cluster, X509Certificate2 authority)
    {
        Cluster = cluster;
        _authority = authority;
    }

    public LabCluster Cluster { get; }

    public KubernetesFace Face { get; private set; } = null!;

    /// <summary>The path of the kubeconfig of an administrator.</summary>
    public string Kubeconfig { get; private set; } = "";

    public static async Task<LabApi> StartAsync(CancellationToken cancellationToken)
    {
        var cluster = LabCluster.Open(
            "kubectl",
            "v1.32.4",
            new MemoryLabStore(),
            TimeProvider.System,
            new LabClusterPace(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(100))
        );
        cluster.AddNode(new LabNode("cp-1", "10.0.0.10", "v1.32.4") { IsControlPlane = true });
        for (var i = 1; i <= 3; i++)
        {
            cluster.AddNode(new LabNode($"worker-{i}", $"10.0.0.{i}", "v1.32.4"));
        }

        cluster.PutControlPlanePods("cp-1", "v1.32.4");
        cluster.PutAddons("v1.32.4");
        cluster.PutKubeadmAccess();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        var api = new LabApi(cluster, request.CreateSelfSigned(now.AddHours(-1), now.AddYears(1)));
        cluster.UseAuthority(api._authority);
        api.Face = await api.StartFaceAsync(new IPEndPoint(IPAddress.Parse("127.3.1.1"), 0), cancellationToken);
        api.Kubeconfig = api.WriteKubeconfig("admin", "O=system:masters, CN=kubernetes-admin");
        return api;
    }

    public async Task<KubernetesFace> StartFaceAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address.Address);
        names.AddDnsName("kubernetes");
        using var unusable = Sign("CN=kube-apiserver", "1.3.6.1.5.5.7.3.1", names);
        var serving = X509CertificateLoader.LoadPkcs12(unusable.Export(X509ContentType.Pfx), password: null);
        return await KubernetesFace.StartAsync(
            Cluster,
            new KubernetesFaceOptions(address, serving, [_authority]),
            cancellationToken
        );
    }

    /// <summary>A client certificate for a subject as <c>O=group, CN=user</c>.</summary>
    public X509Certificate2 ClientCertificate(string subject) => Sign(subject, "1.3.6.1.5.5.7.3.2", names: null);

    /// <param name="subject">Null for a kubeconfig without a client certificate.</param>
    public string WriteKubeconfig(string name, string? subject, string? token = null)
    {
        var user = token is null ? "{}" : $$"""{"token": "{{token}}"}""";
        if (subject is not null)
        {
            using var certificate = ClientCertificate(subject);
            using var key = certificate.GetECDsaPrivateKey()!;
            user = $$"""
                {"client-certificate-data": "{{Base64(certificate.ExportCertificatePem())}}", "client-key-data": "{{Base64(
                    key.ExportPkcs8PrivateKeyPem()
                )}}"}
                """;
        }

        var path = Path.Combine(_folder, name + ".kubeconfig");
        File.WriteAllText(
            path,
            $$$"""
            {
              "apiVersion": "v1", "kind": "Config", "current-context": "lab",
              "clusters": [{"name": "lab", "cluster": {"server": "https://{{{Face.EndPoint}}}",
                "certificate-authority-data": "{{{Base64(
                _authority.ExportCertificatePem()
            )}}}"}}],
              "users": [{"name": "user", "user": {{{user}}}}],
              "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "user"}}]
            }
            """
        );
        return path;
    }

    /// <summary>Runs kubectl as the administrator and returns its output. A failed command fails the test.</summary>
    public async Task<string> KubectlAsync(string arguments, string? input = null)
    {
        var result = await TryKubectlAsync(arguments, input);
        Assert.True(result.Code == 0, $"kubectl {arguments}: exit {result.Code}\n{result.Output}{result.Errors}");
        return result.Output + result.Errors;
    }

    public async Task<KubectlResult> TryKubectlAsync(string arguments, string? input = null, string? kubeconfig = null)
    {
        var start = new ProcessStartInfo(
            Kubectl.Path,
            $"--kubeconfig {kubeconfig ?? Kubeconfig} --cache-dir {_folder}/cache {arguments}"
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = _folder;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input ?? "");
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return new KubectlResult(-1, await output, "killed after a minute\n" + await errors);
        }

        return new KubectlResult(process.ExitCode, await output, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        await Face.DisposeAsync();
        Cluster.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private X509Certificate2 Sign(string subject, string usage, SubjectAlternativeNameBuilder? names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (names is not null)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        var serial = RandomNumberGenerator.GetBytes(8);
        using var certificate = request.Create(
            _authority,
            new DateTimeOffset(_authority.NotBefore),
            new DateTimeOffset(_authority.NotAfter),
            serial
        );
        return certificate.CopyWithPrivateKey(key);
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}

public sealed record KubectlResult(int Code, string Output, string Errors);

/// <summary>The kubectl to test with: <c>KUBECTL</c>, or the one on the path.</summary>
public static class Kubectl
{
    public static string? Found { get; } =
        Environment.GetEnvironmentVariable("KUBECTL") is { Length: > 0 } named
            ? named
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(':')
                .Select(d => System.IO.Path.Combine(d, "kubectl"))
                .FirstOrDefault(File.Exists);

    public static string Path => Found ?? throw new InvalidOperationException("no kubectl");

    public static void SkipWhenMissing() => Assert.SkipWhen(Found is null, "no kubectl on the path: install it or set KUBECTL");
}
