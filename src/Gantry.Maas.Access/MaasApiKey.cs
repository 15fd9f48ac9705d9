using System.Diagnostics.CodeAnalysis;

namespace Gantry.Maas;

/// <summary>
/// An API key of MAAS: <c>consumer_key:token_key:token_secret</c>. A secret: <see cref="ToString"/> is a mask, and only
/// the properties give the parts away.
/// </summary>
public sealed record MaasApiKey
{
    private const string Form = "write it as consumer_key:token_key:token_secret, as MAAS shows it under a user's API keys";

    private MaasApiKey(string consumerKey, string tokenKey, string tokenSecret)
    {
        ConsumerKey = consumerKey;
        TokenKey = tokenKey;
        TokenSecret = tokenSecret;
    }

    /// <summary>First part: names the consumer that MAAS made for the key.</summary>
    public string ConsumerKey { get; }

    /// <summary>Second part: names the key. MAAS deletes a key by it.</summary>
    public string TokenKey { get; }

    /// <summary>Third part: what proves the caller.</summary>
    public string TokenSecret { get; }

    /// <exception cref="FormatException">
    /// The text is no key. The message says what is wrong and the form a key has, and repeats nothing of the text.
    /// </exception>
    public static MaasApiKey Parse(string text) =>
        ProblemOf(text, out var key) is { } problem ? throw new FormatException(problem) : key!;

    /// <summary>As <see cref="Parse"/>, for a caller that collects problems.</summary>
    /// <param name="text">What was entered; spaces around it are ignored.</param>
    /// <param name="key">The key, when there is no problem.</param>
    /// <param name="problem">What is wrong and the form a key has; nothing of the text.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out MaasApiKey? key, [NotNullWhen(false)] out string? problem)
    {
        problem = ProblemOf(text, out key);
        return problem is null;
    }

    /// <summary>The whole key, as MAAS shows it and as a request needs it.</summary>
    public string Reveal() => $"{ConsumerKey}:{TokenKey}:{TokenSecret}";

    /// <summary>A mask that lets two keys be told apart.</summary>
    public override string ToString() => $"MAAS key {TokenKey[..Math.Min(4, TokenKey.Length)]}…";

    private static string? ProblemOf(string? text, out MaasApiKey? key)
    {
        key = null;
        var parts = (text ?? "").Trim().Split(':');
        if (parts.Length != 3)
        {
            return $"A MAAS API key has three parts with colons between them, this one has {parts.Length}: {Form}.";
        }

        if (Array.FindIndex(parts, part => part.Length == 0 || !part.All(char.IsAsciiLetterOrDigit)) is var wrong and >= 0)
        {
            var name = wrong switch
            {
                0 => "consumer_key",
                1 => "token_key",
                _ => "token_secret",
            };
            return $"The {name} of a MAAS API key is letters and digits only, and not empty: {Form}.";
        }

        key = new MaasApiKey(parts[0], parts[1], parts[2]);
        return null;
    }
}
