namespace Gantry.Maas;

/// <summary>An API key of MAAS: <c>consumer_key:token_key:token_secret</c>. A secret; <see cref="ToString"/> shows only the token's name.</summary>
public sealed class MaasApiKey
{
    private const string Form = "write it as consumer_key:token_key:token_secret, as MAAS shows it under a user's API keys";

    private MaasApiKey(string consumerKey, string tokenKey, string tokenSecret)
    {
        ConsumerKey = consumerKey;
        TokenKey = tokenKey;
        TokenSecret = tokenSecret;
    }

    internal string ConsumerKey { get; }

    internal string TokenKey { get; }

    internal string TokenSecret { get; }

    /// <exception cref="FormatException">Says what is wrong and the form a key has, and nothing of the key itself.</exception>
    public static MaasApiKey Parse(string key)
    {
        var parts = key.Trim().Split(':');
        if (parts.Length != 3)
        {
            throw new FormatException($"A MAAS API key has three parts with colons between them, this one has {parts.Length}: {Form}.");
        }

        for (var part = 0; part < parts.Length; part++)
        {
            if (parts[part].Length == 0 || !parts[part].All(char.IsAsciiLetterOrDigit))
            {
                var name = part switch { 0 => "consumer_key", 1 => "token_key", _ => "token_secret" };
                throw new FormatException($"The {name} of a MAAS API key is letters and digits only, and not empty: {Form}.");
            }
        }

        return new MaasApiKey(parts[0], parts[1], parts[2]);
    }

    public override string ToString() => $"MAAS key {TokenKey[..Math.Min(4, TokenKey.Length)]}…";
}
