using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Lab.Kubernetes.Serving;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Machines.Clusters.Etcd;

/// <summary>The client port of one etcd process. As kubeadm configures it, a client needs a certificate of the etcd CA.</summary>
internal static class EtcdFace
{
    private const long BodyLimit = 1024 * 1024;

    /// <exception cref="IOException">The address is in use or does not belong to this host.</exception>
    public static async Task<IAsyncDisposable> StartAsync(
        EtcdGateway gateway,
        IPEndPoint address,
        EtcdIdentity identity,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        await TlsListener.StartAsync(
            address,
            identity.Serving,
            certificate => IsOfAuthority(certificate, identity.Authority, time),
            BodyLimit,
            context => AnswerAsync(gateway, context),
            cancellationToken
        );

    private static async Task AnswerAsync(EtcdGateway gateway, HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await Answers.JsonAsync(
                context,
                405,
                new System.Text.Json.Nodes.JsonObject { ["code"] = 12, ["message"] = "Method Not Allowed" }
            );
            return;
        }

        var (status, answer) = gateway.Answer(context.Request.Path.Value ?? "", body.GetBuffer().AsSpan(0, (int)body.Length));
        await Answers.JsonAsync(context, status, answer);
    }

    private static bool IsOfAuthority(X509Certificate2 certificate, X509Certificate2 authority, TimeProvider time)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }
}

/// <summary>The serving certificate of an etcd member and the CA of its clients.</summary>
internal sealed record EtcdIdentity(X509Certificate2 Serving, X509Certificate2 Authority);
