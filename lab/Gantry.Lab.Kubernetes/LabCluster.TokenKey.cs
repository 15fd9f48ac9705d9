using System.Security.Cryptography;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    private byte[]? tokenKey;

    private string SecretRows => "kubernetes-keys/" + Id;

    /// <summary>The key that signs service account tokens. True chance: it guards access and no run depends on its value.</summary>
    internal byte[] TokenKey()
    {
        store.Together(() =>
        {
            lock (gate)
            {
                if (tokenKey is null && store.All(SecretRows).Select(r => r.Value).FirstOrDefault() is { } kept)
                {
                    tokenKey = kept;
                }
                else if (tokenKey is null)
                {
                    tokenKey = RandomNumberGenerator.GetBytes(32);
                    store.Put(SecretRows, "service-accounts", tokenKey);
                }
            }
        });
        return tokenKey!;
    }
}
