using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>Keys of the region's users, as the one who starts a lab wants them: <c>consumer:token:secret</c>.</summary>
/// <param name="Admin">Key of the administrator <c>admin</c>; <c>null</c> lets the lab make one.</param>
/// <param name="User">Key of the ordinary user <c>alice</c>.</param>
public sealed record LabKeys(string? Admin, string? User)
{
    public override string ToString() => "keys of the lab's users";

    /// <exception cref="FormatException">Names the key and the form it should have.</exception>
    public void Validate()
    {
        Row("admin");
        Row("alice");
    }

    /// <exception cref="FormatException">Names the key and the form it should have.</exception>
    internal KeyRow Row(string username)
    {
        var (given, made) =
            username == "admin"
                ? (Admin, "labconsumer0000000:labtoken0000000000:labsecret00000000000000000000000")
                : (User, "labconsumer1111111:labtoken1111111111:labsecret11111111111111111111111");
        var parts = (given ?? made).Split(':');
        return parts.Length == 3 && Array.TrueForAll(parts, part => part.Length > 0 && !part.Any(char.IsWhiteSpace))
            ? new KeyRow(parts[0], parts[1], parts[2], username, "lab")
            : throw new FormatException(
                $"the key of {username} is not of three parts with a colon between them; write it as CONSUMER:TOKEN:SECRET"
            );
    }
}
