// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// A token with just what reading balances needs. The sandbox writes its
/// storage from outside: slots are in the order of the declarations.
contract Token {
    mapping(address => uint256) private held;
    uint8 public decimals;
    /// Whose balance cannot be read.
    mapping(address => uint8) private broken;

    function balanceOf(address owner) external view returns (uint256) {
        uint8 how = broken[owner];
        require(how != 1, "no");
        if (how == 2) {
            // Succeeds, and says nothing.
            assembly {
                return(0, 0)
            }
        }
        return held[owner];
    }
}
