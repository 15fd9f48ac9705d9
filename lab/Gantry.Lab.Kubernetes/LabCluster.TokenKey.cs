using System.Security.Cryptography;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    private byte[]? _tokenKey;

    private string SecretRows => "kubernetes-keys/" + Id;

    /// <summary>
    /// The key that signs service account tokens. Truly random: it guards access, and no run depends on its value.
    /// </summary>
    internal byte[] TokenKey()
    {
        _store.Together(() =>
        {
            lock (_gate)
            {
                if (_tokenKey is null && _store.All(SecretRows).Select(r => r.Value).FirstOrDefault() is { } kept)
                {
                    _tokenKey = kept;
                }
                else if (_tokenKey is null)
                {
                    _tokenKey = RandomNumberGenerator.GetBytes(32);
                    _store.Put(SecretRows, "service-accounts", _tokenKey);
                }
            }
        });
        return _tokenKey!;
    }
}
