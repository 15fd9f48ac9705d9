using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Calls single members of etcd through etcd's JSON gateway (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/). Client and
/// member authenticate with certificates of the cluster's etcd authority.
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    public const int Port = 2379;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    // etcd's own request timeout is 5 s plus two election timeouts of 1 s.
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly X509Certificate2 _own;

    /// <exception cref="WorkloadException">The access has no credentials for etcd.</exception>
    public EtcdClient(WorkloadAccess access)
    {
        if (access.Etcd is not { } credentials)
        {
            throw new WorkloadException(unreachable: true, $"there are no certificates for the etcd of {access.Cluster}");
        }

        _own = X509Certificate2.CreateFromPem(credentials.CertificatePem, credentials.KeyPem);

        // With a custom chain policy the platform still verifies that the certificate names the host in the URL.
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.ImportFromPem(credentials.CaPem);
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                ConnectTimeout = ConnectLimit,
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = trust,
                    ClientCertificates = [_own],
                    LocalCertificateSelectionCallback = (_, _, _, _, _) => _own,
                },
            }
        )
        {
            Timeout = CallLimit,
        };
    }

    /// <summary>The client URL of the member on a machine, as kubeadm configures it.</summary>
    public static Uri UrlOf(string address) =>
        new(address.Contains(':', StringComparison.Ordinal) ? $"https://[{address}]:{Port}" : $"https://{address}:{Port}");

    /// <param name="call">The path below <c>/v3</c>, for example <c>cluster/member/list</c>.</param>
    /// <exception cref="EtcdException">The member refused, or did not answer.</exception>
    public async Task<JsonObject> CallAsync(Uri member, string call, JsonObject request, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(new Uri(member, $"/v3/{call}"), content, cancellationToken);
            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                throw new EtcdException(
                    answer.StatusCode,
                    $"etcd at {member.Host} answers: {MessageOf(body) ?? $"{(int)answer.StatusCode}"}"
                );
            }

            return JsonNode.Parse(body) as JsonObject ?? throw new JsonException("no object");
        }
        catch (JsonException unreadable)
        {
            throw new EtcdException(null, $"the server at {member.Host}:{member.Port} is not etcd", unreadable);
        }
        catch (Exception silent)
            when (silent is HttpRequestException or IOException or CryptographicException
                || (silent is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            var why = silent is TaskCanceledException ? "it took too long" : silent.GetBaseException().Message;
            throw new EtcdException(null, $"etcd at {member.Host} does not answer: {why}", silent);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _own.Dispose();
    }

    private static string? MessageOf(string body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject refusal ? (refusal["message"] ?? refusal["error"])?.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="status">The HTTP status; <c>null</c> when the member did not answer.</param>
internal sealed class EtcdException(HttpStatusCode? status, string message, Exception? inner = null) : Exception(message, inner)
{
    public HttpStatusCode? Status { get; } = status;

    /// <summary>Whether a later attempt may succeed: no answer, no leader, or a timeout.</summary>
    public bool IsTransient => Status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    public WorkloadException ToWorkloadException() => new(IsTransient, Message, this);
}
